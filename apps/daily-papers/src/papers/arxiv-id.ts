/** An arXiv identifier taken apart. */
export interface ArxivId {
  /** The key of a paper: without version, without subject class, e.g. `2409.19977` or `hep-th/9901001`. */
  readonly id: string;
  /** From 1; undefined when the text names no version. */
  readonly version: number | undefined;
}

/** No link to a paper is longer. */
const maxCharacters = 300;

const newStyle = /^(\d{2})(\d{2})\.(\d{4,5})(?:v([1-9]\d{0,3}))?$/i;
const oldStyle = /^([a-z]+(?:-[a-z]+)*)(?:\.[a-z]{2})?\/(\d{2})(\d{2})\d{3}(?:v([1-9]\d{0,3}))?$/i;
/** Hosts that name papers by arXiv id: arXiv with its mirrors, and pages about arXiv papers. */
const hosts =
  /^(?:(?:[a-z0-9-]+\.)?arxiv\.org|(?:www\.)?alphaxiv\.org|ar5iv\.(?:labs\.arxiv\.)?org|hf\.co|huggingface\.co|(?:dx\.)?doi\.org)$/;
const pathKinds =
  /^\/(?:abs|pdf|html|format|ps|e-print|src|list(?:\/[a-z.-]+)?|overview|papers|api\/papers|10\.48550\/arxiv\.)\/?/i;

/**
 * The identifier in any form that people paste: bare or with `arXiv:`, with a version, as a link to the abstract, PDF or
 * HTML page on arXiv, alphaXiv or Hugging Face, or as a DOI. Undefined when the text is none of them.
 */
export function parseArxivId(text: string): ArxivId | undefined {
  const trimmed = text.trim();
  if (trimmed.length > maxCharacters) return undefined;
  const bare = trimmed
    .replace(/^(?:doi:\s*)?10\.48550\/arxiv\./i, "")
    .replace(/^arxiv\s*:\s*/i, "")
    .replace(/\s*\[[a-zA-Z.-]+\]$/, "");
  return readIdentifier(bare) ?? readLink(trimmed);
}

/** Whether a text is the key of a paper: an arXiv id without version or subject class. */
export function isArxivId(text: string): boolean {
  return readIdentifier(text)?.id === text;
}

/** Where the paper's page is; an old id's slash is encoded, so that the id stays one part of the path. */
export function paperPath(id: string): string {
  return `/papers/${encodeURIComponent(id)}`;
}

function readIdentifier(text: string): ArxivId | undefined {
  const modern = newStyle.exec(text);
  if (modern !== null) {
    const [, year = "", month = "", number = "", version] = modern;
    const digits = Number(year + month) >= 1501 ? 5 : 4;
    if (Number(year + month) < 704 || !isMonth(month) || number.length !== digits || Number(number) === 0) {
      return undefined;
    }
    return { id: `${year}${month}.${number}`, version: readVersion(version) };
  }
  const old = oldStyle.exec(text);
  if (old === null) return undefined;
  const [, archive = "", year = "", month = "", version] = old;
  // The scheme began in August 1991 and ended in March 2007.
  const yearMonth = Number(year) >= 91 ? 190_000 + Number(year + month) : 200_000 + Number(year + month);
  if (!isMonth(month) || yearMonth < 199_107 || yearMonth > 200_703) return undefined;
  const number = text.slice(text.indexOf("/") + 1).slice(0, 7);
  return { id: `${archive.toLowerCase()}/${number}`, version: readVersion(version) };
}

function readLink(text: string): ArxivId | undefined {
  const address = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address)) return undefined;
  const { hostname, pathname } = new URL(address);
  if (!hosts.test(hostname)) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (!pathKinds.test(path)) return undefined;
  return readIdentifier(
    path
      .replace(pathKinds, "")
      .replace(/\/$/, "")
      .replace(/\.(?:pdf|md|html)$/i, ""),
  );
}

function isMonth(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 12;
}

function readVersion(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
