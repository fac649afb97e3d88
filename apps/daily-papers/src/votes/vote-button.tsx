/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatCount } from "@offprint/experiment";
import { readableTex } from "../papers/readable-tex.ts";

export interface VoteButtonProps {
  readonly paper: { readonly id: string; readonly title: string };
  /** Whether the reader's own vote is among them. */
  readonly voted: boolean;
  readonly votes: number;
  /** The path to come back to without script. */
  readonly from: string;
}

/** Gives and takes back a vote: a form, which the page's script sends without leaving the page. */
export function VoteButton({ paper, voted, votes, from }: VoteButtonProps) {
  return (
    <form class="vote" method="post" action="/votes" data-vote>
      <input type="hidden" name="paper" value={paper.id} />
      <input type="hidden" name="from" value={from} />
      <button name="vote" value={voted ? "off" : "on"} aria-pressed={voted ? "true" : "false"}>
        <span class="unseen">Vote for {readableTex(paper.title)}, </span>
        <svg viewBox="0 0 12 8" width="12" height="8" aria-hidden="true">
          <path d="M6 0 12 8H0Z" />
        </svg>
        <span data-votes>{formatCount(votes)}</span>
        <span class="unseen"> votes</span>
      </button>
    </form>
  );
}
