import { Parser, type Quad } from "n3";
import { type TextBlock, textBlocks } from "./text-blocks.ts";
import type { TripleReader } from "./triple-source.ts";

/**
 * N-Triples (W3C, 2014). Labels are the IRI without its angle brackets, `_:name` for a blank node, and for a literal its
 * text in quotes with `@language` or `^^datatype`; a literal is an entity like any other.
 */
export const readNTriples: TripleReader = async (file, sink, badLines) => {
  for await (const block of textBlocks(file, badLines)) {
    // A block at a time is fast; only a block with a fault is read again by lines, to find where.
    for (const quad of parseStatements(block.text) ?? goodLines(block)) {
      sink(quad.subject.id, quad.predicate.id, quad.object.id);
    }
  }

  function* goodLines({ text, firstLine }: TextBlock): Generator<Quad> {
    for (const [i, line] of text.split("\n").entries()) {
      try {
        yield* parser().parse(line);
      } catch (error) {
        const reason = error instanceof Error ? error.message.replace(/ on line 1\.?$/, "") : String(error);
        badLines.report(file, firstLine + i, `not N-Triples: ${reason}`, line.trimEnd());
      }
    }
  }
};

function parseStatements(text: string): Quad[] | undefined {
  try {
    return parser().parse(text);
  } catch {
    return undefined;
  }
}

/** The prefix keeps the names of blank nodes as they stand, so that they mean the same in every block. */
function parser(): Parser {
  return new Parser({ format: "N-Triples", blankNodePrefix: "_:" });
}
