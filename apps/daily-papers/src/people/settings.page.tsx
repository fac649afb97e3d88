/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Moment } from "../look/moment.tsx";
import type { Account } from "./account.queries.ts";
import { maskAddress, personPath } from "./account.ts";
import { idleDays, sessionDays } from "./session-cookie.ts";
import type { Session } from "./session.queries.ts";
import { NameForm } from "./sign-in.page.tsx";

interface SettingsProps {
  readonly account: Account;
  readonly sessions: readonly Session[];
  /** The session of this browser. */
  readonly current: string | undefined;
  /** The name that could not be taken, and why. */
  readonly name?: string;
  readonly problem?: string;
}

/** Name, browsers that are signed in, everything about oneself, and the way out. */
export function SettingsPage({ account, sessions, current, name, problem }: SettingsProps) {
  return (
    <section class="sheet">
      <h1>Settings</h1>
      <p class="lead">
        Signed in with {maskAddress(account.email)}. <a href={personPath(account.name)}>Your page</a> shows what others
        see.
      </p>
      <h2>Name</h2>
      <NameForm name={name ?? account.name} action="/settings/name" label="Change the name" problem={problem} />
      <h2>Browsers</h2>
      <p class="quiet-text">
        A browser stays signed in for {idleDays} days after its last visit, and for {sessionDays} days at most.
      </p>
      <ul class="lines">
        {sessions.map((session) => (
          <li class="session">
            <div>
              <p>
                {session.browser ?? "A browser"}
                {session.id === current && <strong> · this one</strong>}
              </p>
              <p class="quiet-text">
                last seen <Moment time={session.seenAt} />, since <Moment time={session.createdAt} />
              </p>
            </div>
            <form method="post" action={session.id === current ? "/sign-out" : "/settings/sessions/end"}>
              <input type="hidden" name="session" value={session.id} />
              <button class="quiet">
                Sign out<span class="unseen"> {session.browser ?? "this browser"}</span>
              </button>
            </form>
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <form method="post" action="/settings/sessions/end-others">
          <p>
            <button class="text-button">Sign out everywhere else</button>
          </p>
        </form>
      )}
      <h2>Your data</h2>
      <p>
        <a href="/settings/export.json">Everything the site keeps about you</a>, as one JSON file.
      </p>
      <p>
        <a href="/settings/delete">Delete the account</a>
      </p>
    </section>
  );
}

/** The last question before an account is gone. */
export function DeletePage({ account, problem }: { account: Account; problem?: string | undefined }) {
  return (
    <section class="sheet">
      <h1>Delete the account</h1>
      <p class="lead">It cannot be brought back.</p>
      <ul class="bullets">
        <li>Your votes, reports, sessions and address are erased.</li>
        <li>
          Your comments stay under “a former reader”, because others replied to them, or are erased as well if you
          choose so below.
        </li>
        <li>The papers that you submitted stay in the feed, without your name.</li>
        <li>What moderators did stays in the public log, without your name.</li>
        <li>
          A subscription of your address to the mails ends and is forgotten too, unless you choose to keep it below.
        </li>
      </ul>
      <form method="post" action="/settings/delete" class="fields">
        <p class="check">
          <label>
            <input type="checkbox" name="erase" value="yes" /> Erase my comments as well
          </label>
        </p>
        <p class="check">
          <label>
            <input type="checkbox" name="mails" value="yes" checked /> End the mails to my address as well
          </label>
        </p>
        <label>
          Your name, to be sure: {account.name}
          <input
            name="name"
            required
            maxlength={32}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            {...(problem === undefined ? {} : { "aria-invalid": "true", "aria-describedby": "delete-problem" })}
          />
        </label>
        {problem !== undefined && (
          <p class="problems" id="delete-problem" role="alert">
            {problem}
          </p>
        )}
        <p class="ways">
          <button class="primary">Delete it for good</button>
          <a href="/settings">Keep it</a>
        </p>
      </form>
    </section>
  );
}
