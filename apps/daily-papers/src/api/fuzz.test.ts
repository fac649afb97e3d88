import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestApp } from "../testing/apps.ts";
import { describeApi } from "./api.routes.ts";
import { documentSchema, type Operation, type SchemaNode } from "./document.schema.ts";

/** Values that the document allows, values beside them, and what attackers and slips send. */
function valuesOf(schema: SchemaNode): fc.Arbitrary<string> {
  const allowed: fc.Arbitrary<string>[] = [];
  if (schema.enum !== undefined) allowed.push(fc.constantFrom(...schema.enum.map(String)));
  if (schema.minimum !== undefined)
    allowed.push(fc.integer({ min: schema.minimum - 1, max: (schema.maximum ?? 1e6) + 1 }).map(String));
  if (schema.pattern !== undefined) allowed.push(fc.stringMatching(new RegExp(schema.pattern)));
  if (schema.format === "date")
    allowed.push(fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)));
  if (typeof schema.example === "string") allowed.push(fc.constant(schema.example));
  return fc.oneof(
    ...allowed,
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll(/[\uD800-\uDFFF]/g, "")),
    fc.constantFrom(
      "",
      "\0",
      "%",
      "'",
      "\\",
      "' or 1=1 --",
      "1e309",
      "-0",
      "NaN",
      "../../etc/passwd",
      "x".repeat(5_000),
      "‮",
      "a & !b | (c",
      "<->",
    ),
  );
}

function requestsOf(path: string, { parameters }: Operation): fc.Arbitrary<string> {
  const fields = Object.fromEntries(
    parameters.map(({ name, schema }) => [name, fc.array(valuesOf(schema), { maxLength: 2, size: "small" })]),
  );
  return fc.record(fields).map((values) => {
    const query = new URLSearchParams();
    let filled = path;
    for (const { name, in: place } of parameters) {
      for (const value of values[name] ?? []) {
        if (place === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(value));
        else query.append(name, value);
      }
    }
    return query.size === 0 ? filled : `${filled}?${query.toString()}`;
  });
}

describe("the API under any request that its document brings to mind", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });
  const { paths } = documentSchema.parse(describeApi("http://localhost:8787"));

  it.each(Object.entries(paths))(
    "answers at %s without breaking, and as the document says",
    async (path, { get }) => {
      await fc.assert(
        fc.asyncProperty(requestsOf(path, get), async (address) => {
          // An app of its own each time: its limits begin anew.
          const answer = await app.get(address);
          await answer.arrayBuffer();
          expect(answer.status, address).toBeLessThan(500);
          if (answer.status >= 400 && address.startsWith("/api/")) {
            expect(answer.headers.get("content-type")).toBe("application/problem+json");
          }
        }),
        { numRuns: 60 },
      );
    },
    120_000,
  );
});
