/** Measures the pace of updates and the time since the last checkpoint. */
export class Clock {
  readonly #now: () => number;
  readonly #start: number;
  #startStep = 0;
  #lastTold: number;
  #lastStep = 0;
  #lastSave: number;
  /** Time spent on other things since the last "step" event. */
  #aside = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
    this.#lastTold = this.#start;
    this.#lastSave = this.#start;
  }

  startAt(step: number): void {
    this.#startStep = step;
    this.#lastStep = step;
  }

  /** Runs `work` without counting it as time of updates. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    const begin = this.#now();
    try {
      return await work();
    } finally {
      this.#aside += this.#now() - begin;
    }
  }

  pace(step: number, total: number): { rate: number; secondsLeft: number } {
    const now = this.#now();
    const seconds = Math.max(now - this.#lastTold - this.#aside, 1e-3) / 1000;
    const rate = (step - this.#lastStep) / seconds;
    const secondsLeft = ((total - step) * (now - this.#start)) / 1000 / (step - this.#startStep);
    this.#lastTold = now;
    this.#lastStep = step;
    this.#aside = 0;
    return { rate, secondsLeft };
  }

  secondsSinceSave(): number {
    return (this.#now() - this.#lastSave) / 1000;
  }

  saved(): void {
    this.#lastSave = this.#now();
  }
}
