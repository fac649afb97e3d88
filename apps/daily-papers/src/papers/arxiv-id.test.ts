import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isArxivId, paperPath, parseArxivId } from "./arxiv-id.ts";

const two = (value: number) => String(value).padStart(2, "0");
const month = fc.integer({ min: 1, max: 12 });
const modern = fc
  .tuple(fc.integer({ min: 8, max: 40 }), month, fc.integer({ min: 1, max: 9_999 }))
  .map(([year, month, number]) => `${two(year)}${two(month)}.${String(number).padStart(year >= 15 ? 5 : 4, "0")}`);
const old = fc
  .tuple(
    fc.constantFrom("hep-th", "math", "cond-mat", "astro-ph", "cs", "q-bio"),
    fc.integer({ min: 1992, max: 2006 }),
    month,
    fc.integer({ min: 0, max: 999 }),
  )
  .map(
    ([archive, year, month, number]) => `${archive}/${two(year % 100)}${two(month)}${String(number).padStart(3, "0")}`,
  );
const anyId = fc.oneof(modern, old);
const anyVersion = fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined });

/** The ways in which people write one and the same paper. */
const forms: readonly ((id: string) => string)[] = [
  (id) => id,
  (id) => ` ${id}\n`,
  (id) => `arXiv:${id}`,
  (id) => `arxiv: ${id} [cs.LG]`,
  (id) => `https://arxiv.org/abs/${id}`,
  (id) => `http://www.arxiv.org/pdf/${id}.pdf`,
  (id) => `https://export.arxiv.org/html/${id}?context=cs#S2`,
  (id) => `arxiv.org/list/cs.LG/${id}`,
  (id) => `https://www.alphaxiv.org/abs/${id}/`,
  (id) => `https://huggingface.co/papers/${id}`,
  (id) => `https://hf.co/papers/${id}.md`,
  (id) => `10.48550/arXiv.${id}`,
  (id) => `doi:10.48550/ARXIV.${id}`,
  (id) => `https://doi.org/10.48550/arXiv.${id}`,
  (id) => `https://doi.org/10.48550%2FarXiv.${encodeURIComponent(id)}`,
];

describe("arXiv ids", () => {
  it("are found in every form that people paste", () => {
    fc.assert(
      fc.property(anyId, anyVersion, fc.constantFrom(...forms), (id, version, form) => {
        expect(parseArxivId(form(version === undefined ? id : `${id}v${version}`))).toEqual({ id, version });
      }),
    );
  });

  it("are keys without version or subject class", () => {
    fc.assert(fc.property(anyId, (id) => isArxivId(id) && !isArxivId(`${id}v1`)));
    expect(parseArxivId("math.GT/0309136v2")).toEqual({ id: "math/0309136", version: 2 });
    expect(isArxivId("math.GT/0309136")).toBe(false);
  });

  it.each([
    "",
    "2409",
    "2413.00001",
    "2400.00001",
    "0703.0001",
    "1501.0001",
    "1412.00001",
    "2409.199777",
    "2409.19977v0",
    "2409.00000",
    "hep-th/9913001",
    "hep-th/0704001",
    "hep-th/9106001",
    "../../etc/passwd",
    "https://example.org/abs/2409.19977",
    "https://arxiv.org.example.org/abs/2409.19977",
    "https://arxiv.org/abs/%E0%A4%A",
    "https://arxiv.org/search?query=2409.19977",
    "see 2409.19977 please",
  ])("are not seen in %j", (text) => expect(parseArxivId(text)).toBeUndefined());

  it("never fail, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const found = parseArxivId(text);
        expect(found === undefined || isArxivId(found.id)).toBe(true);
      }),
    );
  });

  it("make paths of one part", () => {
    expect(paperPath("hep-th/9901001")).toBe("/papers/hep-th%2F9901001");
    expect(paperPath("2409.19977")).toBe("/papers/2409.19977");
  });
});
