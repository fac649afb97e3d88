import { EvaluationInputError, ScoreBlockError } from "./errors.ts";
import type { Questions } from "./queries.ts";

/** Scores of all N entities as answers to each question: `[questions, N]`, row-major, higher is better. */
export type ScoreBlock = (questions: Questions, signal?: AbortSignal) => Promise<Float32Array>;

/** How a model is asked for scores. */
export interface Scoring {
  readonly scoreBlock: ScoreBlock;
  /**
   * True when each call of `scoreBlock` returns memory of its own and may begin before the last result was read: the next
   * block is then computed while this one is ranked. Default false: safe for a scorer that reuses its output.
   */
  readonly overlap?: boolean;
  /** Bytes of scores a block may hold, at least one row; default 64 MiB. With `overlap` two blocks are alive. */
  readonly blockBytes?: number;
  /** Stops before the next block; the reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Scores of the questions `start` to `start + rows`. */
export interface Block {
  readonly start: number;
  readonly rows: number;
  readonly scores: Float32Array;
}

const DEFAULT_BLOCK_BYTES = 64 * 2 ** 20;

/**
 * Scores all questions in blocks of one size: the last block begins early rather than ending short, so it may repeat
 * some questions of the one before (a compiled program is needed for one shape only).
 * @throws {ScoreBlockError} when the scorer returns another number of scores or, with `overlap`, the same memory twice.
 */
export async function* scoreBlocks(questions: Questions, entityCount: number, scoring: Scoring): AsyncGenerator<Block> {
  const { overlap = false, blockBytes = DEFAULT_BLOCK_BYTES, signal } = scoring;
  const total = questions.anchors.length;
  const { rows, blocks } = blockPlan(total, entityCount, blockBytes);
  const startOf = (block: number): number => Math.min(block * rows, total - rows);
  const ask = (block: number): Promise<Float32Array> => {
    const start = startOf(block);
    const anchors = questions.anchors.slice(start, start + rows);
    const relations = questions.relations.slice(start, start + rows);
    const answer = scoring.scoreBlock({ anchors, relations }, signal);
    answer.catch(() => {}); // a failure is reported when its turn comes, not as an unhandled rejection before
    return answer;
  };

  let pending: Promise<Float32Array> | undefined;
  let previous: Float32Array | undefined;
  try {
    for (let block = 0; block < blocks; block++) {
      signal?.throwIfAborted();
      const scores = await (pending ?? ask(block));
      pending = undefined;
      signal?.throwIfAborted();
      checkBlock(scores, rows, entityCount, overlap ? previous : undefined);
      previous = scores;
      if (overlap && block + 1 < blocks) pending = ask(block + 1);
      yield { start: startOf(block), rows, scores };
    }
  } finally {
    await pending?.catch(() => {}); // leave no computation behind
  }
}

/** Rows of each block and number of blocks, as equal as they can be within `blockBytes`. */
function blockPlan(total: number, entityCount: number, blockBytes: number): { rows: number; blocks: number } {
  if (!(blockBytes > 0)) throw new EvaluationInputError(`blockBytes: wanted a number above 0, got ${blockBytes}`);
  if (total === 0) return { rows: 0, blocks: 0 };
  const atMost = Math.max(1, Math.floor(blockBytes / (entityCount * Float32Array.BYTES_PER_ELEMENT)));
  const blocks = Math.ceil(total / atMost);
  return { rows: Math.ceil(total / blocks), blocks };
}

function checkBlock(scores: Float32Array, rows: number, entityCount: number, previous: Float32Array | undefined): void {
  if (scores.length !== rows * entityCount) {
    throw new ScoreBlockError(
      `scoreBlock: wanted ${rows} rows of ${entityCount} scores, got ${scores.length} numbers in all; ` +
        "return one row a question, over all entities",
    );
  }
  if (previous?.buffer === scores.buffer && previous.byteOffset === scores.byteOffset) {
    throw new ScoreBlockError(
      "scoreBlock: returned the same memory for two blocks, but overlap promises memory of its own for each; " +
        "copy the scores, or leave overlap off",
    );
  }
}
