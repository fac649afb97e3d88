import { open } from "node:fs/promises";
import { parseEvent, type RunEvent } from "@offprint/experiment";

/** A point of a curve: x in steps. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Evaluation {
  readonly step: number;
  readonly epoch: number | undefined;
  readonly split: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A curve of more points than this is thinned: neighbours become their mean. A page has no room for more. */
const maxPoints = 600;
const maxEvaluations = 2_000;
const maxMessages = 50;

/** What is known about a run from its events so far. Bounded in size, however long the run is. */
export class RunProgress {
  #losses: Point[] = [];
  #perPoint = 1;
  #sum = 0;
  #summed = 0;

  started: Extract<RunEvent, { type: "started" }> | undefined;
  last: Extract<RunEvent, { type: "step" }> | undefined;
  finished: Extract<RunEvent, { type: "finished" }> | undefined;
  evaluations: Evaluation[] = [];
  /** What was said to be going on since the last step. */
  doing: string | undefined;
  messages: { readonly level: "info" | "warning"; readonly text: string }[] = [];

  get losses(): readonly Point[] {
    return this.#losses;
  }

  add(event: RunEvent): void {
    if (event.type === "started") {
      this.started = event;
      this.finished = undefined;
    } else if (event.type === "step") {
      this.#goBackTo(event.step);
      this.last = event;
      this.doing = undefined;
      if (event.loss !== undefined && Number.isFinite(event.loss)) this.#addLoss(event.step, event.loss);
    } else if (event.type === "evaluation") {
      const { step, epoch, split, metrics } = event;
      this.evaluations = this.evaluations.filter((one) => one.split !== split || one.step < step);
      if (this.evaluations.length < maxEvaluations) this.evaluations.push({ step, epoch, split, metrics });
    } else if (event.type === "message") {
      if (event.level === "info") this.doing = event.text;
      this.messages = [...this.messages, { level: event.level, text: event.text }].slice(-maxMessages);
    } else {
      this.finished = event;
    }
  }

  /** The values of one metric over the steps, of one split. */
  curve(metric: string, split: string): Point[] {
    return this.evaluations.flatMap((evaluation) => {
      const y = evaluation.metrics[metric];
      return evaluation.split === split && y !== undefined ? [{ x: evaluation.step, y }] : [];
    });
  }

  /** A resumed run repeats the steps after its checkpoint: what was heard of them before gives way. */
  #goBackTo(step: number): void {
    if (this.last === undefined || step > this.last.step) return;
    this.#losses = this.#losses.filter((point) => point.x < step);
    this.evaluations = this.evaluations.filter((evaluation) => evaluation.step < step);
    this.#sum = 0;
    this.#summed = 0;
  }

  #addLoss(step: number, loss: number): void {
    this.#sum += loss;
    this.#summed += 1;
    if (this.#summed < this.#perPoint) return;
    this.#losses.push({ x: step, y: this.#sum / this.#summed });
    this.#sum = 0;
    this.#summed = 0;
    if (this.#losses.length <= maxPoints) return;
    this.#losses = meanOfPairs(this.#losses);
    this.#perPoint *= 2;
  }
}

/** Half as many points: each the mean of two, at the place of the second. A last one without a partner is dropped. */
function meanOfPairs(points: readonly Point[]): Point[] {
  const halved: Point[] = [];
  let first: Point | undefined;
  for (const point of points) {
    if (first !== undefined) halved.push({ x: point.x, y: (first.y + point.y) / 2 });
    first = first === undefined ? point : undefined;
  }
  return halved;
}

/** What a run's `metrics.jsonl` tells; nothing when there is no such file, and half a last line is passed over. */
export async function readProgress(path: string): Promise<RunProgress> {
  const progress = new RunProgress();
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return progress;
  for await (const line of file.readLines()) {
    const parsed = parseEvent(line);
    if ("event" in parsed) progress.add(parsed.event);
  }
  return progress;
}
