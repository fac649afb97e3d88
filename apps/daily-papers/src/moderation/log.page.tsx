/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Moment } from "../look/moment.tsx";
import { personPath } from "../people/account.ts";
import { siteActor, type LogEntry } from "./moderation.queries.ts";

/** What was done, by whom and why; everybody may read it. */
export function LogPage({ entries, older }: { entries: readonly LogEntry[]; older: string | undefined }) {
  return (
    <section class="sheet">
      <h1>Moderation log</h1>
      <p class="lead">
        Everything that moderators, or a rule of this site, did to what readers wrote: who, what and why, newest first.
      </p>
      {entries.length === 0 ? (
        <p>Nothing was done yet.</p>
      ) : (
        <ul class="lines">
          {entries.map((entry) => (
            <li>
              <p>
                <Actor name={entry.actor} /> {entry.action} <a href={entry.subject}>{nameOf(entry.subject)}</a>
              </p>
              <p class="quiet-text">
                <Moment time={entry.at} /> · {entry.reason}
              </p>
            </li>
          ))}
        </ul>
      )}
      {older !== undefined && (
        <p>
          <a rel="next" href={`/moderation?before=${older}`}>
            Older entries
          </a>
        </p>
      )}
    </section>
  );
}

function Actor({ name }: { name: string }) {
  return name === siteActor || name.includes(" ") ? <span>{name}</span> : <a href={personPath(name)}>{name}</a>;
}

/** `/papers/2409.19977#comment-…` is `under 2409.19977`; a person's path is the person, and the log's own one who left. */
function nameOf(subject: string): string {
  if (subject === "/moderation") return "a former reader";
  const [path = "", place] = subject.split("#");
  const name = decodeURIComponent(path.slice(path.indexOf("/", 1) + 1));
  return place === undefined ? name : `under ${name}`;
}
