import { createHash } from "node:crypto";
import { assetPaths } from "../look/assets.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import { rankingVersion } from "../papers/ranking.ts";
import type { ApiPaper, ApiPaperItem, ApiUser } from "./paper.schema.ts";
import type { ListedPaper } from "./paper-list.queries.ts";

export interface Presenting {
  /** Where the site is found, without a slash at its end. */
  readonly site: string;
  /** Whether a paper's implementation is one that runs here. */
  readonly runsHere: (implementation: string | undefined) => boolean;
}

/** A paper in a list, in the shape of the Hub's `GET /api/daily_papers`. */
export function presentItem(paper: ListedPaper, { site, runsHere }: Presenting): ApiPaperItem {
  const presented = presentPaper(paper);
  const url = `${site}${paperPath(paper.id)}`;
  return {
    paper: presented,
    publishedAt: presented.publishedAt,
    title: paper.title,
    summary: paper.abstract,
    thumbnail: `${url}/thumbnail.svg`,
    numComments: paper.comments + paper.commentsElsewhere,
    submittedBy: presented.submittedOnDailyBy ?? siteUser,
    ...(presented.organization === undefined ? {} : { organization: presented.organization }),
    isAuthorParticipating: false,
    offprint: {
      url,
      votes: paper.votes,
      votesElsewhere: paper.votesElsewhere,
      comments: paper.comments,
      commentsElsewhere: paper.commentsElsewhere,
      categories: [...paper.categories],
      runsHere: runsHere(paper.implementation),
      rankingVersion,
    },
  };
}

/** One paper, in the shape of the Hub's `GET /api/papers/{id}`. What is not known is left out rather than told as zero. */
export function presentPaper(paper: ListedPaper): ApiPaper {
  const { featuredAt, summary, keywords, codeUrl, codeStars, projectUrl, organization, withdrawnAt } = paper;
  return {
    id: paper.id,
    authors: paper.authors.map((name, place) => ({
      _id: objectId("author", `${paper.id} ${place} ${name}`),
      name,
      hidden: false,
    })),
    publishedAt: paper.publishedAt.toISOString(),
    ...(featuredAt === undefined
      ? {}
      : {
          submittedOnDailyAt: featuredAt.toISOString(),
          submittedOnDailyBy: paper.submitter === undefined ? siteUser : userOf(paper.submitter),
        }),
    title: paper.title,
    summary: paper.abstract,
    upvotes: paper.votes + paper.votesElsewhere,
    discussionId: objectId("discussion", paper.id),
    ...(summary === undefined ? {} : { ai_summary: summary }),
    ...(keywords.length === 0 ? {} : { ai_keywords: [...keywords] }),
    ...(codeUrl === undefined ? {} : { githubRepo: codeUrl }),
    ...(codeStars === undefined ? {} : { githubStars: codeStars }),
    ...(projectUrl === undefined ? {} : { projectPage: projectUrl }),
    ...(organization === undefined ? {} : { organization: organizationOf(organization) }),
    source: null,
    ...(withdrawnAt === undefined ? {} : { withdrawnAt: withdrawnAt.toISOString() }),
  };
}

function userOf(name: string): ApiUser {
  return { ...siteUser, _id: objectId("user", name.toLowerCase()), fullname: name, name, user: name, type: "user" };
}

/** Who put a paper into the feed that no reader submitted. */
const siteUser: ApiUser = {
  _id: objectId("user", ""),
  avatarUrl: assetPaths.icon,
  fullname: "Offprint",
  name: "offprint",
  user: "offprint",
  type: "org",
  isPro: false,
  isHf: false,
  isHfAdmin: false,
  isMod: false,
};

function organizationOf(name: string) {
  const slug = name.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  return {
    _id: objectId("organization", name.toLowerCase()),
    name: slug || "organization",
    fullname: name,
    avatar: "",
  };
}

/** The Hub names everything by 24 hexadecimal digits; ours are made from what they name, so that they stay. */
function objectId(kind: string, text: string): string {
  return createHash("sha256").update(`${kind} ${text}`).digest("hex").slice(0, 24);
}
