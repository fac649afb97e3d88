import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

describe("readConfig", () => {
  it("has a default for everything", () => {
    const config = readConfig({});
    expect(config).toMatchObject({ port: 8787, host: "localhost", databaseUrl: undefined, allowedHosts: [] });
    expect(config.dataFolder).toMatch(/[/\\]data$/);
    expect(existsSync(config.command)).toBe(true);
  });

  it("takes what the environment says, and an empty variable for none", () => {
    const config = readConfig({
      PORT: "0",
      HOST: "::1",
      OFFPRINT_DATA: "here",
      DATABASE_URL: "postgres://u:p@h:5432/d",
      OFFPRINT_HOSTS: " Papers.Example, ,other ",
      OFFPRINT_COMMAND: "",
      OFFPRINT_ARXIV_CATEGORIES: "cs.CL, hep-th,physics.geo-ph",
    });
    expect(config.arxivCategories).toEqual(["cs.CL", "hep-th", "physics.geo-ph"]);
    expect(config).toMatchObject({ port: 0, host: "::1", allowedHosts: ["papers.example", "other"] });
    expect(isAbsolute(config.dataFolder)).toBe(true);
    expect(config.databaseUrl).toContain("u:p@h");
  });

  it.each([
    ["PORT", "-1"],
    ["PORT", "1e3"],
    ["PORT", "65536"],
    ["HOST", "http://localhost"],
    ["OFFPRINT_RUNS", "all"],
    ["OFFPRINT_ARXIV_CATEGORIES", "cs.CL&start=9"],
    ["DATABASE_URL", "file:///etc/passwd"],
    ["DATABASE_URL", "no address"],
  ])("turns %s=%s down by name", (variable, value) => {
    const attempt = () => readConfig({ [variable]: value });
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(new RegExp(`^${variable} must be`));
  });
});
