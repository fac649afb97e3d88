/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { FormValues } from "../implementation.ts";
import { attentionNames, attentionTitles, groups, lengths, maskAddress, type MaskChoice } from "./mask-choice.ts";
import { leakOf, seenBy, shareOfPairs, writeRanges, type Masks } from "./mask-facts.ts";

/** How *Moby-Dick* begins, a word a token. */
const words =
  "Call me Ishmael Some years ago never mind how long precisely having little or no money in my purse and nothing particular to interest me on shore I thought I would".split(
    " ",
  );

/** Side of a token's square, and the room between the two halves, in the drawing's units. */
const side = 10;
const between = 10;

/**
 * Whom each token sees, drawn from the masks that the computation itself uses. Each row is a radio button: pointing at
 * one, or walking them with the arrow keys, tells whom its token sees in each half of the heads.
 */
export function MaskDrawing({ choice, masks, query }: { choice: MaskChoice; masks: Masks; query: FormValues }) {
  const { length } = masks;
  const leak = leakOf(masks);
  const names = halfNames(choice);
  const pointed = leak?.seeing[0] ?? Math.min(length - 1, choice.group + choice.group / 2 - 1);
  return (
    <figure class="mask">
      <Choices choice={choice} query={query} />
      <div class={`mask-field mask-${length}`}>
        <p class="mask-halves">
          <span>{names[0]}</span>
          <span>{names[1]}</span>
        </p>
        <Columns length={length} />
        <fieldset>
          <legend class="unseen">Whom a token sees: choose a token</legend>
          {Array.from({ length }, (_, i) => (
            <Row i={i} masks={masks} names={names} pointed={i === pointed} />
          ))}
        </fieldset>
      </div>
      <figcaption>
        <p>
          A row is a token that looks, a column one that may be seen; faint squares lie before it and stay unseen. Point
          at a row, or choose one and walk with the arrow keys.
        </p>
        {leak === undefined ? (
          <p>
            No token sees a later one. Computed: <Share masks={masks} /> of the pairs of full attention.
          </p>
        ) : (
          <p class="mask-warning">
            It leaks: in the shifted heads {writeTokens(leak.seeing)}{" "}
            {leak.seeing[0] === leak.seeing[1] ? "sees" : "see"} {writeTokens(leak.seen)}, which come later. What is to
            be predicted shows through while training, and is not there when the model writes.
          </p>
        )}
      </figcaption>
    </figure>
  );
}

function Choices({ choice, query }: { choice: MaskChoice; query: FormValues }) {
  const link = (title: string, other: Partial<MaskChoice>, current: boolean) => (
    <a href={maskAddress(query, { ...choice, ...other })} {...(current ? { "aria-current": "true" as const } : {})}>
      {title}
    </a>
  );
  return (
    <nav class="mask-choices" aria-label="What is drawn">
      <span>
        Attention:{" "}
        {attentionNames.map((name) => link(attentionTitles[name], { attention: name }, name === choice.attention))}
      </span>
      <span>Tokens: {lengths.map((length) => link(String(length), { length }, length === choice.length))}</span>
      {choice.attention !== "full" && (
        <span>Group: {groups.map((group) => link(String(group), { group }, group === choice.group))}</span>
      )}
    </nav>
  );
}

/** Every fourth token's number above each half. */
function Columns({ length }: { length: number }) {
  const marked = Array.from({ length: length / 4 }, (_, quarter) => <span>{4 * quarter}</span>);
  return (
    <div class="mask-columns" aria-hidden="true">
      <div>{marked}</div>
      <div>{marked}</div>
    </div>
  );
}

/** The two halves of the heads; where nothing is shifted they are alike. */
function halfNames({ attention }: MaskChoice): readonly [string, string] {
  return attention === "s2" || attention === "paper-wrap"
    ? ["plain heads", "shifted heads"]
    : ["half of the heads", "the other half"];
}

function Row({
  i,
  masks,
  names,
  pointed,
}: {
  i: number;
  masks: Masks;
  names: readonly [string, string];
  pointed: boolean;
}) {
  const { length, plain, shifted } = masks;
  const halves = [seenBy(plain, length, i), seenBy(shifted, length, i)] as const;
  const said = `sees ${halves.map((seen, half) => `${writeSeen(seen)} with ${names[half]}`).join(", and ")}.`;
  const width = 2 * length * side + between;
  const past = Array.from({ length: i + 1 }, (_, j) => j);
  const draw = (isDrawn: (j: number, seen: readonly number[]) => boolean, among: readonly number[]) =>
    halves
      .flatMap((seen, half) =>
        among.filter((j) => isDrawn(j, seen)).map((j) => square(j * side + half * (length * side + between))),
      )
      .join("");
  const all = Array.from({ length }, (_, j) => j);
  return (
    <label class="mask-row">
      <input type="radio" name="mask-row" checked={pointed} aria-label={`${words[i]}, token ${i}, ${said}`} />
      <span class="mask-word" aria-hidden="true">
        <span>{words[i]}</span> {i}
      </span>
      <svg viewBox={`0 0 ${width} ${side}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="mask-unseen" d={draw((j, seen) => !seen.includes(j), past)} />
        <path class="mask-seen" d={draw((j, seen) => j <= i && seen.includes(j), all)} />
        <path class="mask-leak" d={draw((j, seen) => j > i && seen.includes(j), all)} />
      </svg>
      <span class="mask-said" aria-hidden="true">
        <strong>
          {words[i]} ({i})
        </strong>{" "}
        {said}
      </span>
    </label>
  );
}

function Share({ masks }: { masks: Masks }) {
  return <>{`${Math.round(100 * shareOfPairs(masks))}\u202F%`}</>;
}

/** `Some years ago (3–5)`; the words only where they are few. */
function writeSeen(tokens: readonly number[]): string {
  const ranges = writeRanges(tokens);
  return tokens.length > 8 ? `tokens ${ranges}` : `${tokens.map((token) => words[token]).join(" ")} (${ranges})`;
}

const square = (x: number) => `M${x} 0h${side - 1}v${side - 1}h${1 - side}z`;

function writeTokens([first, last]: readonly [number, number]): string {
  return first === last ? `token ${first}` : `tokens ${first}–${last}`;
}
