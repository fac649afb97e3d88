import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";

const papersAtOnce = 500;

/** A paper as a line of the dump: in the fields that `offprint papers import` reads, without anything of readers. */
export interface DumpedPaper {
  readonly id: string;
  readonly title: string;
  readonly abstract: string;
  readonly authors: readonly string[];
  readonly publishedAt: string;
  readonly [field: string]: unknown;
}

/**
 * All papers by id, read a few hundred at a time, so that neither memory nor a long query stands in anybody's way. A
 * paper that changes meanwhile is told as it is when its turn comes.
 */
export async function* dumpPapers(db: Kysely<Database>): AsyncGenerator<DumpedPaper> {
  let last = "";
  for (;;) {
    const rows = await db
      .selectFrom("paper")
      .select([
        "id",
        "title",
        "abstract",
        "authors",
        "published_on",
        "published_at",
        "revised_at",
        "version",
        "categories",
        "journal_ref",
        "doi",
        "author_comment",
        "license",
        "summary",
        "keywords",
        "project_url",
        "organization",
        "code_url",
        "code_stars",
        "votes",
        "votes_elsewhere",
        "comments",
        "comments_elsewhere",
        "featured_on",
        "featured_at",
        "withdrawn_at",
        "implementation",
      ])
      .where("id", ">", last)
      .orderBy("id")
      .limit(papersAtOnce)
      .execute();
    for (const row of rows) {
      yield dropNull({
        id: row.id,
        title: row.title,
        abstract: row.abstract,
        authors: row.authors,
        publishedAt: row.published_at?.toISOString() ?? row.published_on,
        revisedAt: row.revised_at?.toISOString(),
        version: row.version,
        categories: row.categories,
        journalRef: row.journal_ref,
        doi: row.doi,
        comment: row.author_comment,
        license: row.license,
        day: row.featured_on,
        submittedOnDailyAt: row.featured_at?.toISOString(),
        upvotes: row.votes + row.votes_elsewhere,
        votes: row.votes,
        numComments: row.comments + row.comments_elsewhere,
        ai_summary: row.summary,
        ai_keywords: row.keywords,
        githubRepo: row.code_url,
        githubStars: row.code_stars,
        projectPage: row.project_url,
        organization: row.organization,
        withdrawnAt: row.withdrawn_at?.toISOString(),
        implementation: row.implementation,
      });
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < papersAtOnce) return;
    last = end.id;
  }
}

/** A question under a paper whose asker accepted an answer, as a record of supervised data. */
export interface AnsweredQuestion {
  /** The paper's title and abstract, and the question about them. */
  readonly instruction: string;
  readonly output: string;
  /** Id of the paper: all questions about it stay on one side when some are held out. */
  readonly document: string;
}

/** All answered questions, by paper and time. Who asked and who answered is left out. */
export async function* answeredQuestions(db: Kysely<Database>): AsyncGenerator<AnsweredQuestion> {
  const { qaInstruction } = await import("@offprint/long-context-lora");
  let last = "";
  for (;;) {
    const { rows } = await sql<{
      id: string;
      title: string;
      abstract: string;
      pairs: { question: string; answer: string }[];
    }>`
      select paper.id, paper.title, paper.abstract,
        jsonb_agg(jsonb_build_object('question', asked.body, 'answer', answer.body)
          order by asked.created_at, asked.id) as pairs
      from paper
      join comment as asked on asked.paper_id = paper.id and asked.question and asked.state = 'shown'
      join comment as answer on answer.parent_id = asked.id and answer.accepted_at is not null and answer.state = 'shown'
      where paper.id > ${last}
      group by paper.id order by paper.id limit ${papersAtOnce}`.execute(db);
    for (const { id, title, abstract, pairs } of rows) {
      for (const { question, answer } of pairs) {
        yield { instruction: qaInstruction(`${title}\n\n${abstract}`, question), output: answer, document: id };
      }
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < papersAtOnce) return;
    last = end.id;
  }
}

function dropNull<T extends object>(fields: T): T {
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) Reflect.deleteProperty(fields, name);
  }
  return fields;
}
