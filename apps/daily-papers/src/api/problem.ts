import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import type { Problem } from "./paper.schema.ts";

/** A field that could not be read, and what it must be. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

const titles: Readonly<Record<number, string>> = {
  400: "That could not be read",
  403: "That is not allowed",
  404: "There is no such thing",
  405: "That method is not for this address",
  406: "That form is not offered",
  413: "That is too long",
  429: "That was too often",
  500: "Something broke here",
};

/** An answer to a program that what it asked for cannot be had (RFC 9457). */
export function problem(
  c: Context,
  status: ContentfulStatusCode,
  detail: string,
  errors?: readonly FieldProblem[],
): Response {
  const body: Problem = {
    type: "about:blank",
    title: titles[status] ?? "That cannot be had",
    status,
    detail,
    error: detail,
    ...(errors === undefined ? {} : { errors: [...errors] }),
  };
  return c.body(JSON.stringify(body), status, {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
  });
}

/** Names the fields of an address that could not be read, and what each must be. */
export function fieldProblem(c: Context, error: z.ZodError): Response {
  const errors = error.issues.map(({ path, message }) => ({ field: path.join(".") || "address", message }));
  return problem(c, 400, errors.map(({ field, message }) => `${field}: ${message}`).join("; "), errors);
}

/** What a program is told of something thrown; what nobody foresaw goes to `onError` too. */
export function problemOf(c: Context, error: unknown, onError: (error: unknown) => void): Response {
  if (error instanceof HTTPException) {
    return problem(
      c,
      error.status === 403 || error.status === 413 ? error.status : 400,
      "The request is not one of ours.",
    );
  }
  onError(error);
  return problem(c, 500, "It is not your fault. The server has written down what happened.");
}

/** Whether a request is a program's, which reads JSON rather than pages. */
export function isForPrograms(c: Context): boolean {
  return c.req.path.startsWith("/api/") || c.req.path === "/openapi.json";
}
