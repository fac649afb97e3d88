/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { writeMoment } from "./dates.ts";

/** A point in time; the page's script writes it in the reader's zone. */
export function Moment({ time }: { time: Date }) {
  return (
    <time datetime={time.toISOString()} data-moment>
      {writeMoment(time)}
    </time>
  );
}
