import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { BadLines } from "./bad-lines.ts";
import { contentHash, type Dataset, type SplitName, splitNames, type TripleSource } from "./dataset.ts";
import { EmptyDataError, LayoutError, TooFewTriplesError, UnreadableFileError } from "./errors.ts";
import { makeSplit } from "./make-split.ts";
import { tripleExtensions, tripleReader } from "./read-triples.ts";
import { withFolderTexts } from "./read-texts.ts";
import type { FormatOptions, TripleSink } from "./triple-source.ts";
import { type Triples, TripleSet } from "./triples.ts";
import { VocabularyBuilder } from "./vocabulary.ts";

export interface ReadOptions extends FormatOptions {
  /** Count and list bad lines instead of stopping at the first. Default false. */
  readonly skipBadLines?: boolean | undefined;
  /** Of the split that is made where valid or test is missing. Default 0. */
  readonly splitSeed?: number | undefined;
  /** Share of the triples set aside for each missing part, in (0, 0.5). Default 0.1. */
  readonly heldOut?: number | undefined;
  /** Default: the last part of the path. */
  readonly name?: string | undefined;
}

/**
 * A graph from files.
 *
 * A folder holds `train`, and may hold `valid` and `test`, each as `.tsv`, `.txt` (tab-separated too), `.csv` or `.nt`,
 * plain or with `.gz`; a single file counts as train. Missing parts are set aside from train with a seed, and a note
 * says so. Words for a person come from `entity-labels.tsv`, `entity-descriptions.tsv`, `relation-labels.tsv` and
 * `relation-descriptions.tsv` beside the triples.
 * @throws {KgeDataError} a class for each cause, with file and line.
 */
export async function readDataset(path: string, options: ReadOptions = {}): Promise<Dataset> {
  const { folder, files, notes } = await findFiles(path);
  const badLines = new BadLines(options.skipBadLines ?? false);
  const [entities, relations] = [new VocabularyBuilder(), new VocabularyBuilder()];
  const sources: TripleSource[] = [];
  const read: Partial<Record<SplitName, Triples>> = {};
  for (const split of splitNames) {
    const file = files[split];
    if (file === undefined) continue;
    const triples = new TripleSet();
    const [skippedBefore, readTriples] = [badLines.count, tripleReader(file)!];
    let duplicates = 0;
    const sink: TripleSink = (head, relation, tail) => {
      const [h, r, t] = [entities.add(head), relations.add(relation), entities.add(tail)];
      if (!triples.add(h, r, t)) duplicates++;
    };
    await readTriples(file, sink, badLines, options);
    const skipped = badLines.count - skippedBefore;
    if (triples.length === 0) {
      throw new EmptyDataError(file, skipped > 0 ? `all ${skipped} lines are bad` : "it is empty");
    }
    sources.push({ split, origin: file, triples: triples.length, duplicates });
    if (duplicates > 0) notes.push(`${basename(file)}: ${duplicates} repeated triples are kept once.`);
    if (skipped > 0) notes.push(`${basename(file)}: ${skipped} bad lines are skipped.`);
    read[split] = triples.toTriples();
  }
  const content = {
    ...complete(path, read, options, notes),
    entities: await withFolderTexts(folder, entities.build("entity"), badLines),
    relations: await withFolderTexts(folder, relations.build("relation"), badLines),
  };
  return {
    name: options.name ?? basename(resolve(path)),
    ...content,
    hash: contentHash(content),
    sources,
    badLines: { count: badLines.count, lines: badLines.lines },
    notes,
  };
}

type Files = Partial<Record<SplitName, string>>;

async function findFiles(path: string): Promise<{ folder: string; files: Files; notes: string[] }> {
  const kind = await stat(path).catch((error: unknown) => {
    throw new UnreadableFileError(path, error instanceof Error ? error.message : String(error), error);
  });
  const accepted = `${tripleExtensions.map((extension) => `.${extension}`).join(", ")}, each also with .gz`;
  if (!kind.isDirectory()) {
    if (tripleReader(path) === undefined) {
      throw new LayoutError(path, `the name says no format; wanted an ending out of ${accepted}`);
    }
    return { folder: dirname(path), files: { train: path }, notes: [] };
  }
  const names = (await readdir(path)).filter((name) => tripleReader(name) !== undefined).toSorted();
  const files: Files = {};
  for (const split of splitNames) {
    const found = names.filter((name) => splitOf(name) === split);
    if (found.length > 1) {
      throw new LayoutError(path, `holds ${found.join(" and ")}; wanted one file for ${split}: remove the others`);
    }
    if (found[0] !== undefined) files[split] = join(path, found[0]);
  }
  const others = names.filter((name) => splitOf(name) === undefined && !/^(entity|relation)-/.test(name));
  const listed =
    others.length > 5 ? `${others.slice(0, 5).join(", ")} and ${others.length - 5} more` : others.join(", ");
  if (files.train === undefined) {
    throw new LayoutError(
      path,
      `no train file; wanted train with one of ${accepted}${others.length > 0 ? `. Here are ${listed}: rename one, or give its path` : ""}`,
    );
  }
  const missing = files.valid === undefined || files.test === undefined;
  return {
    folder: path,
    files,
    notes:
      missing && others.length > 0 ? [`Files that are not called train, valid or test are not read: ${listed}.`] : [],
  };
}

/** "train.tsv.gz" is train; "train-old.tsv" is nothing of the kind. */
function splitOf(name: string): SplitName | undefined {
  return splitNames.find((split) => new RegExp(`^${split}\\.[a-z]+(\\.gz)?$`).test(name));
}

/** The three parts; those that are missing are set aside from train. */
function complete(
  path: string,
  read: Partial<Record<SplitName, Triples>>,
  { splitSeed: seed = 0, heldOut = 0.1 }: ReadOptions,
  notes: string[],
): Record<SplitName, Triples> {
  const { train, valid, test } = read;
  if (train === undefined) throw new Error("internal: train was not read");
  if (valid !== undefined && test !== undefined) return { train, valid, test };
  if (train.length < 3) throw new TooFewTriplesError(path, train.length);
  const parts = (["valid", "test"] as const).filter((name) => read[name] === undefined);
  const split = makeSplit(train, { seed, parts, heldOut });
  const sizes = parts.map((part) => `${split[part].length} for ${part}`).join(" and ");
  notes.push(
    `There is no file for ${parts.join(" or ")}: set aside from train, with seed ${seed}, were ${sizes} of ${train.length} triples; ` +
      (split.covered
        ? "every entity and relation stays in train, and triples that join the same two entities stay together."
        : "the graph is too sparse to keep every entity in train."),
  );
  return { train: split.train, valid: valid ?? split.valid, test: test ?? split.test };
}
