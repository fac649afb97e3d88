/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { personPath } from "../people/account.ts";
import type { Paper } from "./paper.ts";

/** The names of a paper's authors; past `most`, their number: `Yukang Chen, Shengju Qian, Haotian Tang + 4`. */
export function Authors({ names, most }: { names: readonly string[]; most: number }) {
  const hidden = names.length - most;
  if (hidden <= 1) return <>{names.join(", ")}</>;
  return (
    <>
      {names.slice(0, most).join(", ")} <span class="authors-more">+ {hidden}</span>
    </>
  );
}

/** Who brought a paper into the feed, here or where it came from; undefined where that is not known. */
export function submitterOf({ submittedBy, submitterElsewhere }: Paper): Child | undefined {
  if (submittedBy !== undefined) return <a href={personPath(submittedBy)}>{submittedBy}</a>;
  return submitterElsewhere === undefined ? undefined : <>{submitterElsewhere} on Hugging Face</>;
}

/** The mark of a paper that a reader can start from its page. */
export function RunsHere({ href, title }: { href: string; title: string }) {
  return (
    <a class="runs-here" href={href}>
      Runs here<span class="unseen">: {title}</span>
    </a>
  );
}
