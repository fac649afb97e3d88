import type { CommentState, Role } from "../database/schema.ts";
import { paperPath } from "../papers/arxiv-id.ts";

/** What a reader wrote under a paper, or what is left of it. */
export interface Comment {
  readonly id: string;
  readonly paperId: string;
  /** Who wrote it; undefined when the account is gone. */
  readonly author: { readonly id: string; readonly name: string; readonly role: Role } | undefined;
  /** The comment that it answers; replies are not answered themselves. */
  readonly parentId: string | undefined;
  readonly isQuestion: boolean;
  /** When the asker said that this reply answers the question. */
  readonly acceptedAt: Date | undefined;
  /** Markdown as typed; empty when deleted. */
  readonly body: string;
  readonly state: CommentState;
  /** Why it is held or hidden. */
  readonly stateReason: string | undefined;
  readonly createdAt: Date;
  readonly editedAt: Date | undefined;
}

/** A comment with what was replied to it. */
export interface Thread {
  readonly comment: Comment;
  readonly replies: readonly Comment[];
}

export const mostCharacters = 10_000;

/** Where a comment stands, on its paper's page. */
export function commentPath({ paperId, id }: { readonly paperId: string; readonly id: string }): string {
  return `${paperPath(paperId)}#comment-${id}`;
}

/** What is wrong with a text, in words for its writer; undefined for one that can be kept. */
export function problemOfBody(body: string): string | undefined {
  if (body.trim() === "") return "There is no text yet.";
  if (body.length > mostCharacters) return "A comment has at most 10,000 characters; this one is longer.";
  return undefined;
}
