import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

/** No field of ours holds more, but for those of long texts. */
const maxCharacters = 300;

/** A form's or an address's fields by name: each once, cut to what a field of ours can hold. */
export type Fields = Readonly<Record<string, string>>;

/**
 * The fields of a form that was sent, each cut to `most` characters.
 * @throws {HTTPException} 400 when the body is no form.
 */
export async function formFields(c: Context, most = maxCharacters): Promise<Fields> {
  try {
    return bounded(await c.req.parseBody(), most);
  } catch (cause) {
    throw new HTTPException(400, { cause });
  }
}

/** The fields of the address. */
export function addressFields(c: Context): Fields {
  return bounded(c.req.query(), maxCharacters);
}

function bounded(fields: Readonly<Record<string, unknown>>, most: number): Fields {
  const texts = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value.slice(0, most)] as const] : [],
  );
  return Object.fromEntries(texts);
}
