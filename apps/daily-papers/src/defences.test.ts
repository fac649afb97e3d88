import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "./config.ts";
import { origin, TestApp } from "./testing/apps.ts";

const nfe = "/papers/2409.19977";

describe("the site's defences", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  it("sends strict headers with every page", async () => {
    for (const path of ["/", "/nope", nfe, "/healthz"]) {
      const { headers } = await app.get(path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
    }
  });

  it("has no style and no script within its pages", async () => {
    for (const path of ["/", nfe, "/papers/2501.00001", "/runs", "/nope"]) {
      const html = await app.text(path);
      expect(html).not.toMatch(/ style="| on\w+="|<style|<script>|<script [^>]*>[^<]/);
    }
  });

  it("takes forms from its own pages only", async () => {
    const others = [
      { origin: "http://evil.example" },
      { origin: "http://localhost:9999" },
      { origin: "null" },
      { origin: "http://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "", "sec-fetch-site": "same-site" },
    ];
    for (const headers of others) {
      for (const path of [`${nfe}/runs`, "/theme", "/runs/aaaaaaaaaaaa/cancel"]) {
        const answer = await app.post(path, {}, headers);
        expect(answer.status).toBe(403);
        expect(await answer.text()).toContain("This form came from elsewhere");
      }
    }
    expect((await app.post("/theme", { theme: "dark" }, { origin: "", "sec-fetch-site": "same-origin" })).status).toBe(
      303,
    );
  });

  it("answers only to its own names when it serves its own machine", async () => {
    for (const host of ["evil.example", "evil.example:8787", "localhost.evil.example", "127.0.0.1.nip.io", ""]) {
      expect((await app.get("/", { host })).status).toBe(403);
    }
    for (const host of ["localhost", "LOCALHOST:8787", "127.0.0.1:8787", "[::1]:8787"]) {
      expect((await app.get("/", { host })).status).toBe(200);
    }
    const ask = (config: Partial<Config>, host: string) => app.with(config).request(origin, { headers: { host } });
    expect((await ask({ host: "0.0.0.0" }, "papers.example")).status).toBe(200);
    expect((await ask({ host: "0.0.0.0", allowedHosts: ["papers.example"] }, "papers.example")).status).toBe(200);
    expect((await ask({ host: "0.0.0.0", allowedHosts: ["papers.example"] }, "evil.example")).status).toBe(403);
  });

  it("takes no long body", async () => {
    const answer = await app.post(`${nfe}/runs`, { model: "x".repeat(20_000) });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain("That is too long");
  });

  it("says so when a body is no form, and when an address cannot be read", async () => {
    const answer = await app.with().request(`${origin}${nfe}/runs`, {
      method: "POST",
      body: "--x",
      headers: { host: "localhost:8787", origin, "content-type": "multipart/form-data; boundary=y" },
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("That could not be read");
    for (const path of ["/%E0%A4%A", "/papers/%E0%A4%A", "/runs/%FF", "/date/%"])
      expect((await app.get(path)).status).toBe(404);
  });

  it("goes back to its own pages only after the colours were chosen", async () => {
    const paths = {
      "/papers/2409.19977": "/papers/2409.19977",
      "//evil.example": "/",
      "/\\evil.example": "/",
      "https://evil.example": "/",
    };
    for (const [from, to] of Object.entries(paths)) {
      const answer = await app.post("/theme", { theme: "dark", from });
      expect(answer.headers.get("location")).toBe(to);
      expect(answer.headers.get("set-cookie")).toContain("theme=dark");
      expect(answer.headers.get("set-cookie")).toContain("HttpOnly; SameSite=Lax");
    }
    expect((await app.post("/theme", { theme: "<b>" })).headers.get("set-cookie")).toBeNull();
  });
});
