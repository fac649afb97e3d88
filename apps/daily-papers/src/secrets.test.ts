import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "./database/database.ts";
import {
  addSigningKey,
  hashToken,
  isSameSecret,
  newToken,
  removeSigningKey,
  secretOf,
  signingKeys,
  signToken,
  verifyToken,
} from "./secrets.ts";
import { databaseKinds } from "./testing/databases.ts";

describe.each(databaseKinds())("secrets on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  it("are made once, whoever asks first", async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => secretOf(database.db, "one")));
    expect(new Set(asked.map((secret) => secret.toString("hex"))).size).toBe(1);
    expect(asked[0]).toHaveLength(32);
    expect(await secretOf(database.db, "two")).not.toEqual(asked[0]);
  });

  it("sign what only they can have signed", async () => {
    const keys = await signingKeys(database.db, "unsubscribe");
    const token = signToken(keys, "abc");
    expect(token).toMatch(/^v1\.001\.[\w-]+\.[\w-]{43}$/);
    expect(verifyToken(keys, token)).toBe("abc");
    const [, , content = "", mac = ""] = token.split(".");
    const forged = [
      "",
      token.slice(1),
      `${token}x`,
      token.replace("v1", "v2"),
      token.replace("001", "002"),
      `v1.001.${Buffer.from("abd").toString("base64url")}.${mac}`,
      `v1.001.${content}.${"A".repeat(43)}`,
    ];
    expect(forged.map((text) => verifyToken(keys, text))).toEqual(forged.map(() => undefined));
    expect(verifyToken(await signingKeys(database.db, "preferences"), token)).toBeUndefined();
  });

  it("verify what an older key signed until that key is taken away", async () => {
    const token = signToken(await signingKeys(database.db, "rotated"), "abc");
    await addSigningKey(database.db, "rotated");
    const keys = await signingKeys(database.db, "rotated");
    expect(signToken(keys, "abc")).toMatch(/^v1\.002\./);
    expect(verifyToken(keys, token)).toBe("abc");
    await removeSigningKey(database.db, "rotated", "001");
    expect(verifyToken(await signingKeys(database.db, "rotated"), token)).toBeUndefined();
  });
});

describe("tokens", () => {
  it("are chance, and stored as a hash", () => {
    const { token, hash } = newToken();
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(hash).toBe(hashToken(token));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(newToken().token).not.toBe(token);
  });

  it("are compared whatever their lengths", () => {
    expect(isSameSecret("a", "a")).toBe(true);
    expect(isSameSecret("a", "ab")).toBe(false);
  });
});
