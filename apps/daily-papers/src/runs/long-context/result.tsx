/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatBytes, formatCount, formatNumber, lineChart } from "@offprint/experiment";
import { raw } from "hono/html";
import type { ResultFile } from "../implementation.ts";
import type { Run } from "../run.ts";
import type { Evaluation, PasskeyCell } from "./evaluation.ts";

/** What came out: perplexity against context, before and after, with what it means beside it. */
export async function Numbers({ evaluation: { perplexity } }: { evaluation: Evaluation }) {
  const { contexts, text, tokens } = perplexity;
  const longest = contexts.at(-1);
  if (longest === undefined) return <></>;
  const metrics = [
    ["before", longest.before, "the model as it came"],
    ["squeezed", longest.squeezed, "its positions squeezed, untrained"],
    ["after", longest.after, "squeezed and trained"],
  ] as const;
  return (
    <>
      <h2>Perplexity at {formatCount(longest.context)} tokens</h2>
      <dl class="metrics">
        {metrics.map(([name, value, meaning]) => (
          <div>
            <dt>{name}</dt>
            <dd class="metric-value">{writePerplexity(value)}</dd>
            <dd class="metric-meaning">{meaning}</dd>
          </div>
        ))}
      </dl>
      <p class="meaning">
        The lower the better; measured with full attention on {formatCount(tokens)} tokens of {text}, which no step of
        the training saw.
      </p>
      <div class="pictures">
        <div>{raw(await perplexityPicture(contexts))}</div>
        <PerplexityTable contexts={contexts} />
      </div>
    </>
  );
}

type Contexts = Evaluation["perplexity"]["contexts"];

/** Perplexities that differ by much are drawn by their logarithm: else the largest hides the rest. */
function perplexityPicture(contexts: Contexts): Promise<string> {
  const values = contexts.flatMap(({ before, squeezed, after }) => [before, squeezed, after]).filter(Number.isFinite);
  const isSteep = Math.max(...values) > 10 * Math.min(...values);
  const curve = (name: string, valueOf: (row: Contexts[number]) => number) => ({
    name,
    points: contexts.map((row) => ({ x: row.context, y: isSteep ? Math.log10(valueOf(row)) : valueOf(row) })),
  });
  return lineChart({
    id: "perplexity",
    title: "Perplexity against context, before and after",
    x: { label: "context", unit: "tokens" },
    y: { label: isSteep ? "log₁₀ of the perplexity" : "perplexity" },
    series: [
      curve("before", ({ before }) => before),
      curve("squeezed", ({ squeezed }) => squeezed),
      curve("after", ({ after }) => after),
    ],
    width: 420,
    height: 260,
  });
}

function PerplexityTable({ contexts }: { contexts: Contexts }) {
  return (
    <div class="table-frame" tabindex={0} role="region" aria-label="Perplexity by context">
      <table>
        <thead>
          <tr>
            <th class="number">Context</th>
            <th class="number">Before</th>
            <th class="number">Squeezed</th>
            <th class="number">After</th>
          </tr>
        </thead>
        <tbody>
          {contexts.map(({ context, before, squeezed, after }) => (
            <tr>
              <td class="number">{formatCount(context)}</td>
              <td class="number">{writePerplexity(before)}</td>
              <td class="number">{writePerplexity(squeezed)}</td>
              <td class="number">{writePerplexity(after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Where in a long text a hidden number is found: a row is a length, a column how deep the number lies. */
export function Passkeys({ passkey }: { passkey: NonNullable<Evaluation["passkey"]> }) {
  const { cells, before } = passkey;
  const lengths = [...new Set(cells.map(({ length }) => length))].toSorted((a, b) => a - b);
  const depths = [...new Set(cells.map(({ depth }) => depth))].toSorted((a, b) => a - b);
  const found = cells.reduce((sum, cell) => sum + cell.found, 0);
  const tried = cells.reduce((sum, cell) => sum + cell.tried, 0);
  return (
    <section class="passkeys" aria-labelledby="passkeys-title">
      <h2 id="passkeys-title">Finding a hidden number</h2>
      <div class="table-frame" tabindex={0} role="region" aria-label="Hidden numbers found, by length and depth">
        <table class="heat">
          <thead>
            <tr>
              <th scope="col">Tokens</th>
              {depths.map((depth) => (
                <th scope="col" class="number">{`${Math.round(100 * depth)}\u202F% deep`}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lengths.map((length) => (
              <tr>
                <th scope="row" class="number">
                  {formatCount(length)}
                </th>
                {depths.map((depth) => (
                  <HeatCell cell={cells.find((cell) => cell.length === length && cell.depth === depth)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="meaning">
        A number is hidden in filler text and asked for at its end: {formatCount(found)} of {formatCount(tried)} were
        found
        {before === undefined ? "" : `, ${formatCount(before)} by the model as it came`}.
        {found === 0 && " A model as small as this one copies no number over any distance; larger ones do."}
      </p>
    </section>
  );
}

function HeatCell({ cell }: { cell: PasskeyCell | undefined }) {
  if (cell === undefined || cell.tried === 0) return <td class="number">–</td>;
  return <td class={`number heat-${Math.round((4 * cell.found) / cell.tried)}`}>{`${cell.found} of ${cell.tried}`}</td>;
}

/** What a reader may take away. */
export function Files({ run, files }: { run: Run; files: readonly ResultFile[] }) {
  if (files.length === 0) return <></>;
  return (
    <section aria-labelledby="files-title">
      <h2 id="files-title">Take it away</h2>
      <p class="meaning">The adapter as PEFT reads it, with the embeddings and norms that were trained.</p>
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
