import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

/** No field of ours holds more. */
const maxCharacters = 300;

/** A form's or an address's fields by name: each once, cut to what a field of ours can hold. */
export type Fields = Readonly<Record<string, string>>;

/**
 * The fields of a form that was sent.
 * @throws {HTTPException} 400 when the body is no form.
 */
export async function formFields(c: Context): Promise<Fields> {
  try {
    return bounded(await c.req.parseBody());
  } catch (cause) {
    throw new HTTPException(400, { cause });
  }
}

/** The fields of the address. */
export function addressFields(c: Context): Fields {
  return bounded(c.req.query());
}

function bounded(fields: Readonly<Record<string, unknown>>): Fields {
  const texts = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value.slice(0, maxCharacters)] as const] : [],
  );
  return Object.fromEntries(texts);
}
