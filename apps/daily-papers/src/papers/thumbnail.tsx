/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { toHtml } from "../look/html.ts";
import type { Paper } from "./paper.ts";
import { readableTex } from "./readable-tex.ts";

const width = 150;
const height = 200;
const edge = 14;
const inner = width - 2 * edge;

/**
 * A tiny first page of the paper: its title in miniature, grey lines for the text, and a figure. Tint, figure and
 * lines follow from the paper's id alone, so that a paper looks the same for ever and on every installation.
 */
export function thumbnailSvg(paper: Paper): Promise<string> {
  const random = randomFrom(paper.id);
  const hue = Math.floor(random() * 360);
  const ink = `hsl(${hue} 28% 20%)`;
  const tint = `hsl(${hue} 32% 93%)`;
  const figure = figures[Math.floor(random() * figures.length)] ?? curves;
  const title = wrapTitle(readableTex(paper.title), 19, 5);
  const textTop = edge + 14 + title.length * 11 + 8;
  const figureTop = Math.max(textTop + 26, 118);
  return toHtml(
    <svg xmlns="http://www.w3.org/2000/svg" viewBox={`0 0 ${width} ${height}`} width={width} height={height}>
      <rect width={width} height={height} fill={tint} />
      <g font-family="'Source Serif 4', Charter, Georgia, 'Times New Roman', serif" font-size="10.5" font-weight="600">
        {title.map((line, index) => (
          <text x={edge} y={edge + 12 + index * 11.5} fill={ink}>
            {line}
          </text>
        ))}
      </g>
      <rect x={edge} y={textTop} width={inner * (0.35 + 0.3 * random())} height="1.6" fill={ink} opacity="0.55" />
      <Lines top={textTop + 8} bottom={figureTop - 7} ink={ink} random={random} />
      <g fill="none" stroke={ink} stroke-width="1.1" stroke-linejoin="round" stroke-linecap="round">
        {figure({ left: edge, top: figureTop, width: inner, height: height - edge - figureTop, hue, random })}
      </g>
    </svg>,
  );
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly hue: number;
  readonly random: () => number;
}

/** Two columns of text, as seen from too far away to read. */
function Lines(props: { top: number; bottom: number; ink: string; random: () => number }) {
  const column = (inner - 8) / 2;
  const rows = Math.max(0, Math.floor((props.bottom - props.top) / 4));
  return (
    <g fill={props.ink} opacity="0.22">
      {Array.from({ length: rows * 2 }, (_, index) => {
        const row = index >> 1;
        const last = row === rows - 1 && index % 2 === 1;
        const length = last ? column * (0.3 + 0.5 * props.random()) : column;
        return <rect x={edge + (index % 2) * (column + 8)} y={props.top + row * 4} width={length} height="1.3" />;
      })}
    </g>
  );
}

const figures = [curves, network, matrix, bars, densities];

function curves({ left, top, width: w, height: h, hue, random }: Frame) {
  const line = (rate: number, floor: number) =>
    Array.from({ length: 25 }, (_, x) => {
      const y = floor + (1 - floor) * Math.exp((-x / 24) * rate) + 0.04 * (random() - 0.5);
      return `${x === 0 ? "M" : "L"}${round(left + (x / 24) * w)} ${round(top + h * (1 - Math.min(1, y)))}`;
    }).join("");
  return (
    <>
      <path d={`M${left} ${top}V${top + h}H${left + w}`} opacity="0.5" />
      <path d={line(2 + 3 * random(), 0.3 * random())} stroke={`hsl(${hue} 60% 42%)`} stroke-width="1.8" />
      <path d={line(1 + 2 * random(), 0.3 + 0.3 * random())} />
    </>
  );
}

function network({ left, top, width: w, height: h, hue, random }: Frame) {
  const nodes = Array.from({ length: 11 }, (_, index) => ({
    x: left + 5 + (w - 10) * ((index + 0.15 + 0.7 * random()) / 11),
    y: top + 4 + (h - 8) * random(),
  }));
  const edges = nodes.flatMap((a, i) => nodes.slice(i + 1, i + 4).map((b) => ({ a, b }))).filter(() => random() < 0.62);
  return (
    <>
      {edges.map(({ a, b }) => (
        <path d={`M${round(a.x)} ${round(a.y)}L${round(b.x)} ${round(b.y)}`} opacity="0.45" stroke-width="0.8" />
      ))}
      {nodes.map(({ x, y }, index) => (
        <circle
          cx={round(x)}
          cy={round(y)}
          r={round(2 + 2 * random())}
          stroke="none"
          fill={index % 3 === 0 ? `hsl(${hue} 60% 42%)` : `hsl(${hue} 28% 20%)`}
        />
      ))}
    </>
  );
}

function matrix({ left, top, width: w, height: h, hue, random }: Frame) {
  const columns = 14;
  const cell = w / columns;
  const rows = Math.floor(h / cell);
  return (
    <>
      {Array.from({ length: rows * columns }, (_, index) => {
        const x = index % columns;
        const y = Math.floor(index / columns);
        const near = Math.exp(-Math.abs(x / columns - y / rows) * 5);
        return (
          <rect
            x={round(left + x * cell)}
            y={round(top + y * cell)}
            width={round(cell - 0.8)}
            height={round(cell - 0.8)}
            stroke="none"
            fill={`hsl(${hue} 45% ${Math.round(86 - 50 * Math.min(1, near * 0.8 + 0.35 * random()))}%)`}
          />
        );
      })}
    </>
  );
}

function bars({ left, top, width: w, height: h, hue, random }: Frame) {
  const count = 9;
  const step = w / count;
  return (
    <>
      <path d={`M${left} ${top + h}H${left + w}`} opacity="0.5" />
      {Array.from({ length: count }, (_, index) => {
        const tall = h * (0.2 + 0.75 * random());
        return (
          <rect
            x={round(left + index * step + 2)}
            y={round(top + h - tall)}
            width={round(step - 4)}
            height={round(tall)}
            stroke="none"
            fill={`hsl(${hue} ${index % 3 === 1 ? "60% 42%" : "25% 62%"})`}
          />
        );
      })}
    </>
  );
}

function densities({ left, top, width: w, height: h, hue, random }: Frame) {
  const bell = (centre: number, spread: number, tall: number) =>
    Array.from({ length: 41 }, (_, x) => {
      const z = (x / 40 - centre) / spread;
      return `${x === 0 ? "M" : "L"}${round(left + (x / 40) * w)} ${round(top + h - h * tall * Math.exp(-z * z))}`;
    }).join("");
  const first = bell(0.2 + 0.2 * random(), 0.1 + 0.05 * random(), 0.95);
  return (
    <>
      <path d={`${first}L${left + w} ${top + h}H${left}Z`} fill={`hsl(${hue} 60% 42%)`} opacity="0.25" stroke="none" />
      <path d={first} stroke={`hsl(${hue} 60% 42%)`} stroke-width="1.6" />
      <path d={bell(0.55 + 0.1 * random(), 0.16 + 0.1 * random(), 0.6)} />
      <path d={`M${left} ${top + h}H${left + w}`} opacity="0.5" />
    </>
  );
}

/** The title in at most `maxLines` lines of about `maxCharacters`; what does not fit ends in an ellipsis. */
function wrapTitle(title: string, maxCharacters: number, maxLines: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of title.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > maxCharacters) {
      lines.push(line);
      line = "";
    }
    line = (line === "" ? word : `${line} ${word}`).slice(0, 2 * maxCharacters);
  }
  if (line !== "") lines.push(line);
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines - 1), `${(lines[maxLines - 1] ?? "").slice(0, maxCharacters - 1)}…`];
}

/** Numbers in [0, 1) that depend on the text alone: FNV-1a for the start, mulberry32 from there. */
function randomFrom(text: string): () => number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
