import { requireEncoder, scoreOf, type MoralDirection } from "../direction/direction.ts";
import { finite, type Encoder } from "../encoders/encoder.ts";
import type { ScoreTexts } from "./text-scores.ts";

/**
 * The bare scores of texts as they are, without a question: how the paper guides. Unlike a `scorer`'s they come without
 * interval and cautions, and an empty text has one.
 * @throws {WrongEncoderError} when the direction belongs to another encoder; {@link BrokenEmbeddingError} while scoring.
 */
export function directionScores(encoder: Encoder, direction: MoralDirection): ScoreTexts {
  requireEncoder(direction, encoder);
  return async (texts) => {
    const vectors = finite(await encoder.encode(texts), texts, encoder.id);
    return Float64Array.from(texts, (_, index) => scoreOf(direction, vectors.row(index)));
  };
}
