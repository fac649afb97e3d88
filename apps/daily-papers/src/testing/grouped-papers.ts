import type { NewPaper } from "../papers/paper.ts";

const subjects = ["whale", "comet", "glacier", "orchid", "violin", "bridge", "desert", "lantern", "harbour", "falcon"];

/**
 * Papers in groups of six: a group has two authors, a subject and words of its own, so that it is known what is near
 * what. Paper `n` belongs to group `n mod 10`.
 */
export function groupedPapers(count = 60): NewPaper[] {
  return Array.from({ length: count }, (_, number) => {
    const subject = subjects[number % subjects.length] ?? "";
    const place = Math.floor(number / subjects.length);
    const words = ["song", "map", "shape", "colour", "weight", "age", "name"].map((word) => `${subject}${word}`);
    return {
      id: `2601.${String(number + 1).padStart(5, "0")}`,
      title: `The ${subject} ${words[place % words.length]} in $n^${place}$ steps`,
      abstract: `We study each ${words.join(" and ")} of one ${subject}, number ${place}. It holds.`,
      authors: [`${subject} Example ${place % 2}`, `Common Author ${place % 5}`, `Single Author ${number}`],
      keywords: [`${subject} learning`, number % 2 === 0 ? "Even Things (ETs)" : "odd-things"],
      categories: ["cs.LG"],
      publishedOn: `2026-01-${String((place % 28) + 1).padStart(2, "0")}`,
      featuredOn: "2026-02-01",
    };
  });
}

/** The number of a paper's group. */
export function groupOf(id: string): number {
  return (Number(id.slice(5)) - 1) % subjects.length;
}
