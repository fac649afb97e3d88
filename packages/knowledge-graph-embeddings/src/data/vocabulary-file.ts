import { DamagedVocabularyError } from "./errors.ts";
import { Vocabulary } from "./vocabulary.ts";

/** What the indices of a trained model stand for. */
export interface GraphVocabulary {
  readonly entities: Vocabulary;
  readonly relations: Vocabulary;
}

/** As JSON: `{ "version": 1, "entities": { labels, names?, descriptions? }, "relations": { … } }`. */
export function formatVocabulary({ entities, relations }: GraphVocabulary): string {
  return `${JSON.stringify({ version: 1, entities, relations })}\n`;
}

/**
 * What {@link formatVocabulary} wrote; fields it does not know are passed over.
 * @param file for error messages.
 * @throws {DamagedVocabularyError}
 */
export function parseVocabulary(text: string, file: string): GraphVocabulary {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DamagedVocabularyError(
      file,
      `no JSON (${error instanceof Error ? error.message : String(error)})`,
      error,
    );
  }
  if (typeof value !== "object" || value === null || !("entities" in value && "relations" in value)) {
    throw new DamagedVocabularyError(file, `wanted an object with "entities" and "relations"`);
  }
  return {
    entities: Vocabulary.fromJSON("entity", value.entities, file),
    relations: Vocabulary.fromJSON("relation", value.relations, file),
  };
}
