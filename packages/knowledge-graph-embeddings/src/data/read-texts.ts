import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BadLines } from "./bad-lines.ts";
import { readTsvRows } from "./read-tsv.ts";
import type { HumanText, Vocabulary } from "./vocabulary.ts";

/** Files with words for a person beside the triples: label, TAB, name; descriptions: label, TAB, name, TAB, text. */
const files = {
  entity: { names: "entity-labels.tsv", descriptions: "entity-descriptions.tsv" },
  relation: { names: "relation-labels.tsv", descriptions: "relation-descriptions.tsv" },
};

/** The vocabulary with the names and descriptions that a folder holds for it; unknown labels there are passed over. */
export async function withFolderTexts(folder: string, vocabulary: Vocabulary, badLines: BadLines): Promise<Vocabulary> {
  const { names, descriptions } = files[vocabulary.kind];
  const texts = new Map<number, HumanText>();
  const read = (name: string, columns: number, merge: (old: HumanText, fields: string[]) => HumanText) => {
    const file = [name, `${name}.gz`].map((base) => join(folder, base)).find((path) => existsSync(path));
    if (file === undefined) return undefined;
    return readTsvRows(file, badLines, (fields, line, text) => {
      if (fields.length < columns) {
        badLines.report(file, line, `wanted ${columns} fields separated by tabs, came ${fields.length}`, text);
        return;
      }
      const index = vocabulary.find(fields[0]!);
      if (index !== undefined) texts.set(index, merge(texts.get(index) ?? {}, fields));
    });
  };
  await read(names, 2, (_, [, name]) => ({ name: name || undefined }));
  await read(descriptions, 3, (old, [, name, description]) => ({
    name: old.name ?? (name || undefined),
    description: description || undefined,
  }));
  return texts.size === 0 ? vocabulary : vocabulary.withTexts(texts);
}
