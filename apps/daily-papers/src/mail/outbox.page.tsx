/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { AdminPlaces } from "../admin/admin-places.tsx";
import type { MailState } from "../database/schema.ts";
import { Moment } from "../look/moment.tsx";
import { formatCount } from "@offprint/experiment";
import type { Mail, MailSummary } from "./mail.queries.ts";
import type { SenderState } from "./sender-state.ts";

export const mailStates: readonly MailState[] = ["waiting", "sending", "sent", "failed", "unsure"];

const stateNames: Readonly<Record<MailState, string>> = {
  waiting: "Waiting",
  sending: "Being sent",
  sent: "Sent",
  failed: "Failed",
  unsure: "Unsure",
};

interface OutboxProps {
  readonly mails: readonly MailSummary[];
  readonly counts: Readonly<Record<MailState, number>>;
  readonly state: MailState | undefined;
  /** Address of the next page. */
  readonly next: string | undefined;
  readonly sendsMail: boolean;
  readonly sender: SenderState;
  readonly news: string | undefined;
}

/** All mails, for the admin. */
export function OutboxPage({ mails, counts, state, next, sendsMail, sender, news }: OutboxProps) {
  return (
    <section class="sheet outbox">
      <h1>Mails</h1>
      <AdminPlaces here="/admin/mails" />
      {news !== undefined && (
        <p class="lead" role="status">
          {news}
        </p>
      )}
      <SenderLine sendsMail={sendsMail} sender={sender} />
      <nav aria-label="Mails by state" class="ways">
        <a href="/admin/mails" {...(state === undefined ? { "aria-current": "page" } : {})}>
          All
        </a>
        {mailStates.map((name) => (
          <a href={`/admin/mails?state=${name}`} {...(state === name ? { "aria-current": "page" } : {})}>
            {stateNames[name]} <span class="count">{formatCount(counts[name])}</span>
          </a>
        ))}
      </nav>
      {mails.length === 0 ? (
        <p>There are no such mails.</p>
      ) : (
        <ul class="lines">
          {mails.map((mail) => (
            <li>
              <p>
                <a href={`/admin/mails/${mail.id}`}>{mail.subject}</a>
              </p>
              <p class="quiet-text">
                {stateNames[mail.state]} · {mail.kind} · to {mail.recipient} · <Moment time={mail.createdAt} />
              </p>
              {mail.error !== undefined && <p class="quiet-text">{mail.error}</p>}
            </li>
          ))}
        </ul>
      )}
      {next !== undefined && (
        <p>
          <a href={next} rel="next">
            Older mails
          </a>
        </p>
      )}
      <h2>Addresses that get nothing</h2>
      <p class="quiet-text">
        After a mail came back for good, or was called spam, nothing more is sent to its address. Only a keyed hash is
        kept, so they cannot be listed; one can be released by its name.
      </p>
      <form method="post" action="/admin/mails/release" class="fields">
        <label>
          Mail address
          <input type="email" name="email" required maxlength={254} autocomplete="off" />
        </label>
        <p>
          <button class="quiet">Let mails go there again</button>
        </p>
      </form>
    </section>
  );
}

function SenderLine({ sendsMail, sender }: { sendsMail: boolean; sender: SenderState }) {
  if (!sendsMail) {
    return (
      <p class="lead">
        No mail server is configured, so mails stay here. Name one with OFFPRINT_MAIL to send them, those that wait as
        well.
      </p>
    );
  }
  if (sender.error !== undefined && sender.failedAt !== undefined) {
    return (
      <p class="problems" role="alert">
        {sender.error}. Last tried <Moment time={sender.failedAt} />; it is tried again by itself.
      </p>
    );
  }
  if (sender.succeededAt === undefined) return <p class="lead">Nothing was sent yet.</p>;
  return (
    <p class="lead">
      The mail server took a mail last on <Moment time={sender.succeededAt} />.
    </p>
  );
}

function triedOf(attempts: number): string {
  return attempts === 0 ? "not tried yet" : attempts === 1 ? "tried once" : `tried ${attempts} times`;
}

/** One mail, with its text as far as it may be shown. */
export function MailPage({ mail, hidden }: { mail: Mail; hidden: string | undefined }) {
  const again = (mail.state === "failed" || mail.state === "unsure") && mail.text !== "";
  return (
    <section class="sheet outbox">
      <h1>{mail.subject}</h1>
      <AdminPlaces here={`/admin/mails/${mail.id}`} />
      <dl class="mail-facts">
        <dt>State</dt>
        <dd>
          {stateNames[mail.state]}, {triedOf(mail.attempts)}
        </dd>
        <dt>To</dt>
        <dd>{mail.recipient}</dd>
        <dt>Written</dt>
        <dd>
          <Moment time={mail.createdAt} />
        </dd>
        {mail.sentAt !== undefined && (
          <>
            <dt>Sent</dt>
            <dd>
              <Moment time={mail.sentAt} />
            </dd>
          </>
        )}
        {mail.state === "waiting" && (
          <>
            <dt>Not before</dt>
            <dd>
              <Moment time={mail.sendAfter} />
            </dd>
          </>
        )}
        {mail.error !== undefined && (
          <>
            <dt>Last answer</dt>
            <dd>{mail.error}</dd>
          </>
        )}
      </dl>
      {again && (
        <form method="post" action={`/admin/mails/${mail.id}/again`}>
          <p>
            <button class="quiet">Send it again</button>
          </p>
          {mail.state === "unsure" && <p class="quiet-text">It may have arrived: its reader may then get it twice.</p>}
        </form>
      )}
      {hidden === undefined ? (
        <>
          <iframe class="mail-frame" src={`/admin/mails/${mail.id}/html`} title="The mail as HTML" sandbox=""></iframe>
          <h2>As plain text</h2>
          <pre class="mail-text" tabindex={0}>
            {mail.text}
          </pre>
        </>
      ) : (
        <p>{hidden}</p>
      )}
    </section>
  );
}
