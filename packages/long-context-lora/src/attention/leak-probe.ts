/** Values at each position of each sequence, as usual or with what comes late in one sequence changed. */
export interface Probe {
  /** `[sequences, heads, length, width]`; heads is 1 where there are none. */
  readonly shape: readonly [sequences: number, heads: number, length: number, width: number];
  /** The values; with `change`, tokens `from` … of sequence `sequence` are others than usual. */
  values(change?: Change): Promise<Float32Array>;
}

interface Change {
  readonly sequence: number;
  readonly from: number;
}

/** A position that saw a token it must not see. */
export interface Leak {
  /** Row of the batch. */
  readonly sequence: number;
  /** The first position that moved. */
  readonly position: number;
  /** The token that moved it: later than the position, or of another sequence. */
  readonly seen: number;
  readonly seenSequence: number;
  /** Heads in which the position moved; none where logits were looked at. */
  readonly heads: readonly number[];
  /** By how much, at most; absent where nothing was computed. */
  readonly change?: number;
}

/** What changing late tokens did. */
export interface ProbeResult {
  readonly leak?: Leak;
  /** Forward passes. */
  readonly passes: number;
  /** Whether the changed tokens' own values moved: where they do not, nothing is proven. */
  readonly sighted: boolean;
}

/**
 * Changes all tokens from each of `cuts` on, one sequence after another, and looks whether anything before, or in another
 * sequence, moves. At the first leak it narrows down which token was seen.
 */
export async function findLeak(probe: Probe, cuts: readonly number[]): Promise<ProbeResult> {
  const [sequences] = probe.shape;
  const usual = await probe.values();
  let [passes, sighted] = [1, false];
  for (const from of cuts) {
    for (let sequence = 0; sequence < sequences; sequence++) {
      const changed = await probe.values({ sequence, from });
      passes += 1;
      const moved = movedPlaces(probe, usual, changed);
      sighted ||= moved.some((place) => place.sequence === sequence && place.position >= from);
      const wrong = moved.filter((place) => place.sequence !== sequence || place.position < from);
      if (wrong.length === 0) continue;
      const first = wrong.reduce((least, place) => (place.position < least.position ? place : least));
      const seen = await lastSeen(probe, usual, first, { sequence, from });
      const here = wrong.filter((place) => place.sequence === first.sequence && place.position === first.position);
      const change = Math.max(...here.map((place) => place.change));
      const heads = here.map(({ head }) => head);
      const { sequence: row, position } = first;
      return { leak: { sequence: row, position, seen, seenSequence: sequence, heads, change }, passes, sighted: true };
    }
  }
  return { passes, sighted };
}

interface Place {
  readonly sequence: number;
  readonly head: number;
  readonly position: number;
  readonly change: number;
}

/** Everything that a position cannot see adds exactly 0 to it, so on one machine its values keep every bit but for rounding. */
const tolerance = 1e-6;

function movedPlaces({ shape: [, heads, length, width] }: Probe, usual: Float32Array, changed: Float32Array): Place[] {
  const moved: Place[] = [];
  for (let row = 0; row * width < usual.length; row++) {
    let change = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      const [before, after] = [usual[i] ?? NaN, changed[i] ?? NaN];
      const scale = 1 + Math.abs(before);
      if (Math.abs(after - before) > tolerance * scale || Number.isNaN(after) !== Number.isNaN(before)) {
        change = Math.max(change, Math.abs(after - before) || Infinity);
      }
    }
    if (change === 0) continue;
    const [sequence, head] = [Math.floor(row / (heads * length)), Math.floor(row / length) % heads];
    moved.push({ sequence, head, position: row % length, change });
  }
  return moved;
}

/** The largest `from` whose change still moves the place, by halving. */
async function lastSeen(probe: Probe, usual: Float32Array, place: Place, { sequence, from }: Change): Promise<number> {
  let [least, most] = [from, probe.shape[2] - 1];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    const moved = movedPlaces(probe, usual, await probe.values({ sequence, from: middle }));
    const still = moved.some((other) => other.sequence === place.sequence && other.position === place.position);
    if (still) least = middle;
    else most = middle - 1;
  }
  return least;
}
