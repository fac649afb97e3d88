import { sql, type Expression, type RawBuilder } from "kysely";

/** Changes with every change of the formula below or of what goes into it; told beside each ranking that we publish. */
export const rankingVersion = 2;

/** A paper with ten times the points stands level with one that was featured this many days later. */
export const daysPerTenfold = 3;

/** From here the formula counts time, so that scores stay small numbers. */
export const rankingEpoch = new Date("2020-01-01T00:00:00Z");

const secondsPerTenfold = daysPerTenfold * 86_400;

export interface RankingFacts {
  /** Votes of this site's readers that are counted: those of new accounts are later. */
  readonly votes: number;
  /** Votes that an imported source counts. */
  readonly votesElsewhere: number;
  /** When the paper entered the feed; a paper that never did has no rank. */
  readonly featuredAt: Date | undefined;
}

/**
 * How hot a paper is: `log₁₀(1 + votes + votes elsewhere) + (featured − epoch) / 3 days`. It does not depend on the
 * present time, so that it is written with each vote and read from an index; equal scores are ordered by publication,
 * newest first, then by id.
 */
export function hotness({ votes, votesElsewhere, featuredAt }: RankingFacts): number {
  if (featuredAt === undefined) return 0;
  const seconds = (featuredAt.getTime() - rankingEpoch.getTime()) / 1_000;
  return Math.log10(1 + votes + votesElsewhere) + seconds / secondsPerTenfold;
}

/**
 * The same formula for a statement that writes table `paper`, over the row's columns or over what replaces them, e.g.
 * `sqlHotness({ votes: sql`paper.votes + 1` })`.
 */
export function sqlHotness(
  changed: {
    readonly votes?: Expression<number>;
    readonly votesElsewhere?: Expression<number>;
    readonly featuredAt?: Expression<Date | null>;
  } = {},
): RawBuilder<number> {
  const votes = changed.votes ?? sql<number>`paper.votes`;
  const elsewhere = changed.votesElsewhere ?? sql<number>`paper.votes_elsewhere`;
  const featuredAt = changed.featuredAt ?? sql<Date | null>`paper.featured_at`;
  return sql<number>`coalesce(
    log((1 + ${votes} + ${elsewhere})::float8)
      + extract(epoch from ${featuredAt} - ${rankingEpoch.toISOString()}::timestamptz)::float8 / ${secondsPerTenfold}::float8,
    0)`;
}
