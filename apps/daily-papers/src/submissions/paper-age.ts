/** A paper older than this is no news; it may be submitted all the same. */
export const newsDays = 14;
const oneDay = 86_400_000;

/**
 * Whether a paper with this id is certainly older than {@link newsDays}: its id tells the month in which it came, and
 * counts from that month's end.
 */
export function isOldNews(arxivId: string, now: Date): boolean {
  const [, year, month] = /(?:^|\/)(\d{2})(\d{2})/.exec(arxivId) ?? [];
  if (year === undefined || month === undefined) return false;
  const century = Number(year) >= 91 ? 1900 : 2000;
  const monthsEnd = Date.UTC(century + Number(year), Number(month), 1);
  return now.getTime() - monthsEnd > newsDays * oneDay;
}
