/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { dataTable, lineChart } from "@offprint/experiment";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Picture } from "./implementation.ts";

const width = 420;
const height = 260;
/** Rows of the table behind a picture. */
const mostRows = 50;

/** The place where pictures will be. */
export function EmptyAxes({ text }: { text: string }) {
  return (
    <div class="axes">
      <p class="bench-empty">{text}</p>
    </div>
  );
}

export interface DrawnPictures {
  readonly pictures: Child;
  /** The numbers of the pictures, folded. */
  readonly tables: Child;
}

/** Draws the pictures that have a point; undefined when none has. */
export async function drawPictures(pictures: readonly Picture[]): Promise<DrawnPictures | undefined> {
  const begun = pictures
    .map((picture) => ({ ...picture, series: picture.series.filter(({ points }) => points.length > 0) }))
    .filter(({ series }) => series.length > 0);
  if (begun.length === 0) return undefined;
  const charts = begun.map((picture, index) => ({ ...picture, id: `picture-${index + 1}`, width, height }));
  const drawings = await Promise.all(charts.map((chart) => lineChart(chart)));
  return {
    pictures: (
      <div class="pictures">
        {drawings.map((svg) => (
          <div>{raw(svg)}</div>
        ))}
      </div>
    ),
    tables: (
      <details class="numbers">
        <summary>The numbers behind the curves</summary>
        <div class="pictures">
          {charts.map((chart) => (
            <Table table={dataTable(chart, mostRows)} />
          ))}
        </div>
      </details>
    ),
  };
}

function Table({ table }: { table: ReturnType<typeof dataTable> }) {
  return (
    <div class="table-frame" tabindex={0} role="region" aria-label={table.caption}>
      <table>
        <caption>{table.caption}</caption>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th class="number">{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td class="number">{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
