import { z } from "@hono/zod-openapi";

const time = z.iso.datetime().openapi({ example: "2026-08-18T00:00:00.000Z" });
const objectId = z.string().regex(/^[0-9a-f]{24}$/);

const user = z
  .object({
    _id: objectId,
    avatarUrl: z.string(),
    fullname: z.string(),
    name: z.string().describe("Name of the account; `user` is the same, where the Hub's programs look for it."),
    user: z.string(),
    type: z.enum(["user", "org"]),
    isPro: z.boolean(),
    isHf: z.boolean(),
    isHfAdmin: z.boolean(),
    isMod: z.boolean(),
  })
  .openapi("User");

const organization = z
  .object({ _id: objectId, name: z.string(), fullname: z.string(), avatar: z.string() })
  .openapi("Organization");

const author = z.object({ _id: objectId, name: z.string(), hidden: z.boolean() }).openapi("Author");

export const paperSchema = z
  .object({
    id: z.string().describe("arXiv id without version.").openapi({ example: "2409.19977" }),
    authors: z.array(author),
    publishedAt: time.describe("When arXiv published the first version; its day, where only the day is known."),
    submittedOnDailyAt: time.optional().describe("When the paper entered the feed."),
    submittedOnDailyBy: user.optional(),
    title: z.string().describe("Plain text with TeX in it; so is the summary."),
    summary: z.string().describe("The abstract."),
    upvotes: z.int().min(0).describe("Votes here, and those that an imported source counts."),
    discussionId: objectId,
    ai_summary: z.string().optional().describe("One sentence, where a source has one."),
    ai_keywords: z.array(z.string()).optional(),
    githubRepo: z.url().optional().describe("Where the code is."),
    githubStars: z.int().min(0).optional(),
    projectPage: z.url().optional(),
    organization: organization.optional(),
    source: z.string().nullable(),
    withdrawnAt: time.optional(),
  })
  .openapi("Paper");

export const paperItemSchema = z
  .object({
    paper: paperSchema,
    publishedAt: time,
    title: z.string(),
    summary: z.string(),
    thumbnail: z.url(),
    numComments: z.int().min(0),
    submittedBy: user,
    organization: organization.optional(),
    isAuthorParticipating: z.boolean().describe("Always false: nobody claims papers here yet."),
    offprint: z
      .object({
        url: z.url(),
        votes: z.int().min(0),
        votesElsewhere: z.int().min(0),
        comments: z.int().min(0),
        commentsElsewhere: z.int().min(0),
        categories: z.array(z.string()),
        runsHere: z.boolean().describe("Whether a reader can start the paper's method from its page."),
        rankingVersion: z.int().describe("Of the formula behind `sort=trending`; see /about/ranking."),
      })
      .describe("What only this site tells."),
  })
  .openapi("DailyPaper");

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    error: z.string().describe("The detail again, where the Hub's programs look for it."),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");

export type ApiPaper = z.infer<typeof paperSchema>;
export type ApiPaperItem = z.infer<typeof paperItemSchema>;
export type Problem = z.infer<typeof problemSchema>;
export type ApiUser = z.infer<typeof user>;
