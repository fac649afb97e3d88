import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type RunningServer } from "../server.ts";
import { temporaryFolder, testSite, type TemporaryFolder } from "../testing/sites.ts";

const python = process.env["OFFPRINT_PYTHON"] ?? "python3";
const run = promisify(execFile);

function hasHubClient(): boolean {
  try {
    execFileSync(python, ["-c", "import huggingface_hub"], { stdio: "ignore", timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}

const script = `
import json, sys
from huggingface_hub import HfApi
api = HfApi(endpoint=sys.argv[1], token=False)
daily = list(api.list_daily_papers(date="2024-12-10", sort="trending", limit=5))
one = api.paper_info("2409.19977")
try:
    api.paper_info("2409.99999")
    missing = "found"
except Exception as error:
    missing = error.response.status_code
print(json.dumps({
    "daily": sorted(paper.id for paper in daily),
    "submitter": daily[0].submitted_by.fullname,
    "published": str(one.published_at),
    "title": one.title,
    "author": one.authors[0].name,
    "code": one.github_repo,
    "search": [paper.id for paper in api.list_papers(query="normalizing flows")],
    "text": api.read_paper("2409.19977").split("\\n")[0],
    "missing": missing,
}))
`;

const missing = hasHubClient() ? undefined : "OFFPRINT_PYTHON names no Python with huggingface_hub";

describe("the Hub's own client", () => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let server: RunningServer;
  let data: TemporaryFolder;
  const errors: unknown[] = [];
  beforeAll(async () => {
    data = temporaryFolder();
    server = await startServer(testSite(data.folder, errors));
  }, 120_000);
  afterAll(async () => {
    await server.close();
    data.remove();
    expect(errors).toEqual([]);
  }, 60_000);

  it("lists, finds and reads papers here as it does there", { timeout: 120_000 }, async () => {
    const { stdout } = await run(python, ["-c", script, server.url], {
      env: { ...process.env, HF_HUB_DISABLE_TELEMETRY: "1" },
    });
    expect(JSON.parse(stdout)).toEqual({
      daily: ["2103.11790", "2309.12307", "2409.19977"],
      submitter: "Offprint",
      published: "2024-09-30 00:00:00+00:00",
      title: "Knowledge Graph Embedding by Normalizing Flows",
      author: "Changyi Xiao",
      code: "https://github.com/changyi7231/NFE",
      search: ["2409.19977"],
      text: "# Knowledge Graph Embedding by Normalizing Flows",
      missing: 404,
    });
  });
});
