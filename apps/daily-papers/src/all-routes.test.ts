import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAccount } from "./testing/accounts.ts";
import { origin, TestApp } from "./testing/apps.ts";
import { Visitor } from "./testing/visitor.ts";

/** What changes nothing by a reader's cookie: links of mails, which mail programs post, and reports with a token. */
const withoutForm = ["/mail/bounces", "/unsubscribe/:token"];

describe("every route that the site has", () => {
  let app: TestApp;
  let admin: Visitor;
  beforeAll(async () => {
    app = await TestApp.open();
    await addAccount(app.database.db, "root-of-all", { role: "admin" });
    admin = new Visitor(app.with());
    await admin.signIn(app.database, "root-of-all@example.org");
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  const paths = (method: string) =>
    [...new Set(app.with().routes.flatMap((route) => (route.method === method ? [route.path] : [])))].filter(
      (path) => !path.includes("*"),
    );
  const filled = (path: string) => path.replaceAll(/\/:(\w+)(\{[^}]*\})?\??/g, "/2409.19977");
  const send = (path: string, headers: Record<string, string>, body = "a=b") => {
    const cookie = [...admin.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return app.with().request(`${origin}${filled(path)}`, {
      method: "POST",
      body,
      headers: { host: "localhost:8787", cookie, "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  };

  it("takes no form from elsewhere, not even with the admin's cookie", async () => {
    const posts = paths("POST");
    expect(posts.length).toBeGreaterThan(20);
    expect(posts).toEqual(expect.arrayContaining(withoutForm));
    for (const path of posts.filter((known) => !withoutForm.includes(known))) {
      for (const headers of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
        { "content-type": "text/plain", origin: "https://evil.example" },
        { "content-type": "multipart/form-data; boundary=x", origin: "https://evil.example" },
      ]) {
        expect((await send(path, headers)).status, path).toBe(403);
      }
    }
  });

  it("reads no body that is longer than any form", { timeout: 60_000 }, async () => {
    const body = `text=${"x".repeat(400_000)}`;
    for (const path of paths("POST")) {
      const { status } = await send(path, { origin }, body);
      // Who may not report bounces is turned away before.
      expect(path === "/mail/bounces" ? [401, 404] : [413], path).toContain(status);
    }
  });

  it("sends its strict headers with what is read, to whoever asks", { timeout: 120_000 }, async () => {
    const gets = paths("GET");
    expect(gets.length).toBeGreaterThan(40);
    for (const path of gets) {
      const answer = await admin.get(filled(path));
      expect(answer.status, path).toBeLessThan(500);
      const policy = answer.headers.get("content-security-policy") ?? "";
      expect(policy, path).toMatch(/(?:default-src 'none'|sandbox)/);
      expect(policy, path).not.toMatch(/unsafe-eval|\*|http:/);
      if (!path.includes("preview/mail") && !path.includes("mails/")) expect(policy, path).not.toContain("unsafe");
      expect(answer.headers.get("x-content-type-options"), path).toBe("nosniff");
      // As one who closes the browser, which nobody needs to hear of.
      await answer.body?.cancel();
    }
  });
});
