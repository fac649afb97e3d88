/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { countingHours } from "../votes/new-accounts.ts";
import { linkMinutes, type OpenLink } from "./sign-in.queries.ts";
import { maskAddress, nameRule } from "./account.ts";

/** One field: whether the address is known makes no difference to what happens next. */
export function SignInPage({ email, next, problem }: { email: string; next: string; problem?: string | undefined }) {
  return (
    <section class="sheet">
      <h1>Sign in</h1>
      <p class="lead">To vote, comment and submit papers. There is no password: you get a link by mail.</p>
      <form method="post" action="/sign-in" class="fields">
        <input type="hidden" name="next" value={next} />
        <label>
          Mail address
          <input
            type="email"
            name="email"
            value={email}
            required
            maxlength={254}
            autocomplete="email"
            autocapitalize="none"
            spellcheck={false}
            {...(problem === undefined ? {} : { "aria-invalid": "true", "aria-describedby": "email-problem" })}
          />
        </label>
        {problem !== undefined && (
          <p class="problems" id="email-problem" role="alert">
            {problem}
          </p>
        )}
        <p>
          <button class="primary">Send me a link</button>
        </p>
      </form>
      <p class="quiet-text">
        Somebody new gets an account by the first link. The address is never shown, and used for nothing but such links;
        two cookies keep you signed in.
      </p>
    </section>
  );
}

/** The same for every address. */
export function LinkSentPage({ sendsMail }: { sendsMail: boolean }) {
  return (
    <section class="sheet">
      <h1>A link is on its way</h1>
      {sendsMail ? (
        <p class="lead">Open the mail and follow its link in this browser, within {linkMinutes} minutes.</p>
      ) : (
        <p class="lead">
          This site does not send mail yet: what it writes stays in its outbox, where the admin reads it. The admin’s
          own link is in the file <code>sign-in-link.txt</code> of the data folder.
        </p>
      )}
      <p>
        Nothing came? Look among the unwanted mails, and at the address that you typed;{" "}
        <a href="/sign-in">ask for another link</a> then. An address gets at most five an hour.
      </p>
    </section>
  );
}

/** What a link shows: a button, because mail scanners open every link that they see. */
export function FollowLinkPage({ link, action }: { link: OpenLink; action: string }) {
  const who = link.name ?? maskAddress(link.email);
  return (
    <section class="sheet">
      <h1>{link.sameBrowser ? "Nearly there" : "Did you ask for this?"}</h1>
      {link.sameBrowser ? (
        <p class="lead">
          One click signs you in as <strong>{who}</strong>.
        </p>
      ) : (
        <p class="problems">
          This link was asked for in another browser. If somebody sent it to you, close this page: you would act under
          their account, <strong>{who}</strong>. If it was you a moment ago, on another device perhaps, go on.
        </p>
      )}
      <form method="post" action={action} class="fields">
        {!link.sameBrowser && <input type="hidden" name="elsewhere" value="yes" />}
        <p>
          <button class={link.sameBrowser ? "primary" : "quiet"}>
            {link.sameBrowser ? "Sign in" : "I asked for it: sign in here"}
          </button>
        </p>
      </form>
    </section>
  );
}

/** After the first sign-in: the name under which one votes and writes. */
export function WelcomePage({ name, next, problem }: { name: string; next: string; problem?: string | undefined }) {
  return (
    <section class="sheet">
      <h1>Welcome</h1>
      <p class="lead">Under which name do you want to write? It stands beside your comments and submissions.</p>
      <NameForm name={name} action="/welcome" next={next} label="Take this name" problem={problem} />
      <p class="quiet-text">
        You can change it later. <a href={next}>Stay {name} for now</a>.
      </p>
      <p class="quiet-text">
        Votes that you give today are kept, and count when your account is {countingHours} hours old.
      </p>
    </section>
  );
}

interface NameFormProps {
  readonly name: string;
  readonly action: string;
  readonly label: string;
  readonly next?: string;
  readonly problem?: string | undefined;
}

/** The field of a name, with its rule and with what was wrong. */
export function NameForm({ name, action, next, label, problem }: NameFormProps) {
  return (
    <form method="post" action={action} class="fields">
      {next !== undefined && <input type="hidden" name="next" value={next} />}
      <label>
        Name
        <input
          name="name"
          value={name}
          required
          minlength={2}
          maxlength={32}
          autocomplete="nickname"
          autocapitalize="none"
          spellcheck={false}
          aria-describedby="name-rule"
          {...(problem === undefined ? {} : { "aria-invalid": "true" })}
        />
      </label>
      <p class={problem === undefined ? "quiet-text" : "problems"} id="name-rule" {...alertIf(problem)}>
        {problem ?? `${nameRule}.`}
      </p>
      <p>
        <button class="primary">{label}</button>
      </p>
    </form>
  );
}

const alertIf = (problem: string | undefined) => (problem === undefined ? {} : { role: "alert" as const });
