/** @jsxRuntime automatic @jsxImportSource hono/jsx */
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

/** The mark of a paper that a reader can start from its page. */
export function RunsHere({ href, title }: { href: string; title: string }) {
  return (
    <a class="runs-here" href={href}>
      Runs here<span class="unseen">: {title}</span>
    </a>
  );
}
