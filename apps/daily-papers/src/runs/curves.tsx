/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { raw } from "hono/html";
import type { Curve } from "./implementation.ts";

/** The place where curves will be. */
export function EmptyAxes({ text }: { text: string }) {
  return (
    <div class="axes">
      <p class="bench-empty">{text}</p>
    </div>
  );
}

/** One small chart a curve; those without a point yet are left out. */
export function Curves({ curves }: { curves: readonly Curve[] }) {
  return (
    <div class="curves">
      {curves
        .filter((curve) => curve.points.length > 0)
        .map((curve) => (
          <div class="curve">
            {raw(`<svg viewBox="0 0 320 180" role="img" aria-label="${curve.points.length}"></svg>`)}
          </div>
        ))}
    </div>
  );
}
