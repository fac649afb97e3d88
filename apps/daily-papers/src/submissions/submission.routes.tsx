/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppEnv } from "../app-env.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { writeDay } from "../look/dates.ts";
import { addressFields, formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotice } from "../look/notice.tsx";
import { judgeText, textOfPaper, type Verdict } from "../moderation/text-rating.ts";
import { paperPath, parseArxivId } from "../papers/arxiv-id.ts";
import { findPaper } from "../papers/paper.queries.ts";
import { requireReader, requireWriter } from "../people/session.ts";
import { isOldNews } from "./paper-age.ts";
import { SubmissionPage } from "./submission.page.tsx";
import { mostSubmissionsADay, submissionsBy, submitPaper, type Submitted } from "./submission.queries.ts";

const mostListed = 20;

/** Papers that readers bring. */
export const submissionRoutes = new Hono<AppEnv>()
  .get("/submit", (c) => {
    requireReader(c);
    return showForm(c, { paper: addressFields(c)["paper"] ?? "" });
  })
  .post("/submit", rateLimit({ name: "submissions", points: 30, seconds: 3600, by: "account" }), async (c) => {
    const { id: accountId } = requireWriter(c);
    const form = await formFields(c);
    const paper = (form["paper"] ?? "").trim();
    const arxivId = parseArxivId(paper)?.id;
    if (arxivId === undefined) {
      const problem = "That is no arXiv id and no link to a paper on arXiv. An id looks like 2409.19977.";
      return showForm(c, { paper, problem, status: 422 });
    }
    const now = c.var.now();
    if (isOldNews(arxivId, now) && form["anyway"] !== "yes") return showForm(c, { paper, isOld: true, status: 422 });
    const verdict = await verdictOf(c, arxivId);
    return answer(c, arxivId, await submitPaper(c.var.db, { arxivId, accountId, verdict, now }));
  });

/** The rating of a paper that is here already. */
async function verdictOf(c: Context<AppEnv>, arxivId: string): Promise<Verdict | undefined> {
  const paper = await findPaper(c.var.db, arxivId);
  if (paper === undefined || paper.featuredOn !== undefined) return undefined;
  return judgeText(textOfPaper(paper), c.var.rateText, c.var.report);
}

function answer(c: Context<AppEnv>, arxivId: string, submitted: Submitted) {
  if (submitted.outcome === "featured") return c.redirect(paperPath(arxivId), 303);
  if (submitted.outcome === "in-feed") {
    return renderNotice(c, {
      status: 200,
      title: "It is in the feed",
      text: `The paper entered the feed on ${writeDay(submitted.day)}. Your vote makes it stand out.`,
      way: { href: paperPath(arxivId), label: "To the paper" },
    });
  }
  if (submitted.outcome === "waiting") {
    return renderNotice(c, {
      status: 200,
      title: "Somebody was faster",
      text: "The paper was submitted already and is on its way into the feed.",
      way: { href: "/submit", label: "Submit another paper" },
    });
  }
  if (submitted.outcome === "too-many") {
    return renderNotice(c, {
      status: 429,
      title: "That is enough for today",
      text: `One person can submit ${mostSubmissionsADay} papers in 24 hours. Come back with this one tomorrow.`,
    });
  }
  return c.redirect("/submit", 303);
}

interface ShownForm {
  readonly paper: string;
  readonly problem?: string;
  readonly isOld?: boolean;
  readonly status?: ContentfulStatusCode;
}

async function showForm(c: Context<AppEnv>, { status, ...form }: ShownForm) {
  const { id } = requireReader(c);
  const submissions = await submissionsBy(c.var.db, id, { most: mostListed, onlyFeatured: false });
  return renderPage(
    c,
    { title: "Submit a paper", ...(status === undefined ? {} : { status }) },
    <SubmissionPage {...form} submissions={submissions} />,
  );
}
