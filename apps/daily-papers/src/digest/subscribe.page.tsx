/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Moment } from "../look/moment.tsx";
import { PreferencesFields } from "./preferences-fields.tsx";
import { SubscribeForm } from "./subscribe-form.tsx";
import type { Subscriber } from "./subscriber.ts";

export function SubscribePage({ email, problem }: { email?: string | undefined; problem?: string | undefined }) {
  return (
    <section class="sheet">
      <h1>Papers by mail</h1>
      <p class="lead">
        An issue has each paper’s title, authors and the beginning of its abstract, as text and as HTML.
      </p>
      <SubscribeForm email={email} problem={problem} />
      <p class="quiet-text">
        First you get a mail that asks whether the address is yours. Nothing else is sent before you say yes. There are
        no tracking pictures, and the address is used for nothing but the issues.
      </p>
    </section>
  );
}

/** The same for every address. */
export function AskedPage({ sendsMail }: { sendsMail: boolean }) {
  return (
    <section class="sheet">
      <h1>Look into your mailbox</h1>
      <p class="lead">
        If the address can be written to, a mail with a link is on its way. The subscription begins when you follow the
        link and say yes; it can be used for two days.
      </p>
      {!sendsMail && (
        <p>This site sends no mail yet: what it would send waits in its outbox, where the admin can read it.</p>
      )}
      <p>
        <a href="/">Today’s papers</a>
      </p>
    </section>
  );
}

/** Opening a link changes nothing, because mail scanners open every link; the button does. */
export function ConfirmPage({ token }: { token: string }) {
  return (
    <section class="sheet">
      <h1>Subscribe to Daily Papers?</h1>
      <p class="lead">The papers of the day, by mail, until you end it with one click.</p>
      <form method="post" action={`/subscribe/confirm/${token}`} class="fields">
        <p>
          <button class="primary">Yes, subscribe</button>
        </p>
      </form>
      <p class="quiet-text">If you did not ask for this, close the page: nothing more will be sent.</p>
    </section>
  );
}

export function LinkUsedPage() {
  return (
    <section class="sheet">
      <h1>This link cannot be used any more</h1>
      <p class="lead">It was used already, or it is older than two days. A new one is quickly asked for.</p>
      <SubscribeForm />
    </section>
  );
}

/** Settings by a link from a mail. They do not say whose they are: the link may have been passed on. */
export function PreferencesPage({
  subscriber,
  token,
  unsubscribe,
  news,
  problems,
}: {
  subscriber: Subscriber;
  token: string;
  /** Where the button at the end leads. */
  unsubscribe: string;
  news?: "confirmed" | "saved" | undefined;
  problems: readonly string[];
}) {
  return (
    <section class="sheet">
      <h1>{news === "confirmed" ? "You are subscribed" : "What you get"}</h1>
      {news === "saved" && (
        <p class="lead" role="status">
          Saved.
        </p>
      )}
      {subscriber.nextIssueAt !== undefined && (
        <p class="lead">
          The next issue is sent on <Moment time={subscriber.nextIssueAt} />, if there are papers by then.
        </p>
      )}
      {problems.length > 0 && (
        <ul class="problems" role="alert">
          {problems.map((problem) => (
            <li>{problem}</li>
          ))}
        </ul>
      )}
      <form method="post" action={`/subscribe/preferences/${token}`} class="fields">
        <PreferencesFields preferences={subscriber} />
        <p>
          <button class="primary">Save</button>
        </p>
      </form>
      <h2>No more mails</h2>
      <form method="post" action={unsubscribe}>
        <p>
          <button class="quiet">Unsubscribe</button>
        </p>
      </form>
    </section>
  );
}

export function UnsubscribePage({ action }: { action: string }) {
  return (
    <section class="sheet">
      <h1>Unsubscribe?</h1>
      <p class="lead">No more issues of Daily Papers will be sent to you.</p>
      <form method="post" action={action} class="fields">
        <p>
          <button class="primary">Unsubscribe</button>
        </p>
      </form>
    </section>
  );
}

export function UnsubscribedPage() {
  return (
    <section class="sheet">
      <h1>You are unsubscribed</h1>
      <p class="lead" role="status">
        Nothing more is sent. An issue that was on its way may still arrive.
      </p>
      <p>
        <a href="/">Today’s papers</a>
      </p>
    </section>
  );
}

export function PreviewPage({ subject, text }: { subject: string; text: string }) {
  return (
    <section class="sheet preview">
      <h1>An issue</h1>
      <p class="lead">What somebody gets who subscribes to everything. Its subject: {subject}</p>
      <iframe class="mail-frame" src="/subscribe/preview/mail" title="The issue as HTML" sandbox=""></iframe>
      <details>
        <summary>The same as plain text</summary>
        <pre class="mail-text" tabindex={0}>
          {text}
        </pre>
      </details>
      <SubscribeForm />
    </section>
  );
}
