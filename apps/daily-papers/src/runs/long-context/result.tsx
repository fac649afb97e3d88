/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatBytes, formatCount, formatNumber, lineChart } from "@offprint/experiment";
import { raw } from "hono/html";
import type { ResultFile } from "../implementation.ts";
import type { Run } from "../run.ts";
import type { Passkey, PasskeyCell, Perplexity, PerplexityReport } from "./evaluation.ts";

/** What came out: perplexity against context, before and after, with what it means beside it. */
export async function Numbers({ perplexity: { base, contexts, protocolText } }: { perplexity: Perplexity }) {
  const [before, after] = [base.at(-1), contexts.at(-1)];
  if (before === undefined || after === undefined) return <></>;
  const metrics = [
    ["before", before, "the model as it came"],
    ["after", after, "squeezed positions, and trained"],
  ] as const;
  return (
    <>
      <h2>Perplexity at {formatCount(after.context)} tokens</h2>
      <dl class="metrics">
        {metrics.map(([name, { perplexity, interval }, meaning]) => (
          <div>
            <dt>{name}</dt>
            <dd class="metric-value">{writePerplexity(perplexity)}</dd>
            {interval !== null && (
              <dd class="metric-interval">
                {writePerplexity(interval[0])} to {writePerplexity(interval[1])}
              </dd>
            )}
            <dd class="metric-meaning">{meaning}</dd>
          </div>
        ))}
      </dl>
      <p class="meaning">
        The lower the better: as if the model had to guess among so many equally likely tokens. Measured with full
        attention on text that no step of the training saw, {formatCount(after.tokens)} tokens at the longest context.
        The ranges hold 95{"\u202F%"} of resampled text; another seed can lie outside.
        {contexts.length > 1 &&
          " At the shortest context the two differ most of all by what was learned of this kind of text; what the difference gains with the length is the extension’s."}
      </p>
      <div class="pictures">
        <div>{raw(await perplexityPicture(base, contexts))}</div>
        <PerplexityTable base={base} contexts={contexts} />
      </div>
      <details class="numbers">
        <summary>How it was judged</summary>
        <p class="meaning">{protocolText}</p>
      </details>
    </>
  );
}

/** Perplexities that differ by much are drawn by their logarithm: else the largest hides the rest. */
function perplexityPicture(base: readonly PerplexityReport[], contexts: readonly PerplexityReport[]): Promise<string> {
  const values = [...base, ...contexts].map(({ perplexity }) => perplexity).filter(Number.isFinite);
  const isSteep = Math.max(...values) > 10 * Math.min(...values);
  const scale = (value: number) => (isSteep ? Math.log10(value) : value);
  const curve = (name: string, reports: readonly PerplexityReport[]) => ({
    name,
    points: reports.map(({ context, perplexity, interval }) => ({
      x: context,
      y: scale(perplexity),
      ...(interval === null ? {} : { low: scale(interval[0]), high: scale(interval[1]) }),
    })),
  });
  return lineChart({
    id: "perplexity",
    title: "Perplexity against context, before and after",
    x: { label: "context", unit: "tokens" },
    y: { label: isSteep ? "log₁₀ of the perplexity" : "perplexity" },
    series: [curve("before", base), curve("after", contexts)],
    width: 420,
    height: 260,
  });
}

function PerplexityTable({ base, contexts }: Pick<Perplexity, "base" | "contexts">) {
  return (
    <div class="table-frame" tabindex={0} role="region" aria-label="Perplexity by context">
      <table>
        <thead>
          <tr>
            <th class="number">Context</th>
            <th class="number">Before</th>
            <th class="number">After</th>
          </tr>
        </thead>
        <tbody>
          {contexts.map(({ context, perplexity }) => {
            const before = base.find((report) => report.context === context)?.perplexity;
            return (
              <tr>
                <td class="number">{formatCount(context)}</td>
                <td class="number">{before === undefined ? "–" : writePerplexity(before)}</td>
                <td class="number">{writePerplexity(perplexity)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Where in a long text a hidden number is found: a row is a length, a column how deep the number lies. */
export function Passkeys({ passkey: { cells, distractors } }: { passkey: Passkey }) {
  const total = (count: (cell: PasskeyCell) => number) => cells.reduce((sum, cell) => sum + count(cell), 0);
  const tests = total((cell) => cell.tests);
  const found = total((cell) => cell.found);
  return (
    <section aria-labelledby="passkeys-title">
      <h2 id="passkeys-title">Finding a hidden number</h2>
      <p class="meaning">
        A number is hidden in filler text and asked for at its end. The model said {formatCount(found)} of{" "}
        {formatCount(tests)}, and held {formatCount(total((cell) => cell.rankedFirst))} for the likeliest of{" "}
        {formatCount(distractors + 1)} numbers, of which chance gives{" "}
        {formatCount(Math.round(tests / (distractors + 1)))}.
        {found === 0 && " Small models copy no number over a distance."}
      </p>
      <div class="pictures">
        <Grid title="Said" cells={cells} countOf={(cell) => cell.found} />
        <Grid title={`Likeliest of ${distractors + 1}`} cells={cells} countOf={(cell) => cell.rankedFirst} />
      </div>
    </section>
  );
}

function Grid({
  title,
  cells,
  countOf,
}: {
  title: string;
  cells: readonly PasskeyCell[];
  countOf: (cell: PasskeyCell) => number;
}) {
  const lengths = [...new Set(cells.map(({ length }) => length))].toSorted((a, b) => a - b);
  const depths = [...new Set(cells.map(({ depth }) => depth))].toSorted((a, b) => a - b);
  return (
    <div class="table-frame" tabindex={0} role="region" aria-label={`${title}, by length and depth`}>
      <table class="heat">
        <caption>{title}, of the numbers hidden so deep in so many tokens</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              Tokens
            </th>
            {depths.map((depth) => (
              <th scope="col" class="number">{`${Math.round(100 * depth)}\u202F%`}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lengths.map((length) => (
            <tr>
              <th scope="row" class="number">
                {formatCount(length)}
              </th>
              {depths.map((depth) => {
                const cell = cells.find((one) => one.length === length && one.depth === depth);
                if (cell === undefined || cell.tests === 0) return <td class="number">–</td>;
                const count = countOf(cell);
                return (
                  <td class={`number heat-${Math.round((4 * count) / cell.tests)}`}>{`${count} of ${cell.tests}`}</td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What a reader may take away. */
export function Files({ run, files }: { run: Run; files: readonly ResultFile[] }) {
  if (files.length === 0) return <></>;
  return (
    <section aria-labelledby="files-title">
      <h2 id="files-title">Take it away</h2>
      <p class="meaning">
        What was learned, as Hugging Face’s PEFT and transformers read it, with the positions’ scaling.
      </p>
      <ul class="files">
        {files.map(({ name, bytes }) => (
          <li>
            <a href={`/runs/${run.id}/files/${name.split("/").map(encodeURIComponent).join("/")}`}>{name}</a>{" "}
            <span class="quiet-text">{formatBytes(bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function writePerplexity(value: number): string {
  return value < 100 ? value.toFixed(2) : formatNumber(value);
}
