/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { html, raw } from "hono/html";
import type { Child } from "hono/jsx";
import { letterStyle, style } from "./letter-style.ts";

/** A mail's body in both of its forms. */
export interface Letter {
  readonly text: string;
  readonly html: string;
}

/** A short mail: what it is, perhaps a button, and what to do when it was not asked for. */
export interface ShortLetter {
  readonly title: string;
  /** Plain sentences; anything like markup or an address stays text. */
  readonly paragraphs: readonly string[];
  readonly action?: { readonly label: string; readonly href: string };
  readonly afterwards?: readonly string[];
  /** The last lines: who writes and why. */
  readonly footer?: readonly string[];
}

/** Both forms of a short mail; the text says all that the HTML says. */
export async function writeLetter(letter: ShortLetter): Promise<Letter> {
  const { title, paragraphs, action, afterwards = [], footer = [] } = letter;
  const content = (
    <>
      <h1 style={style.title} class="ink">
        {title}
      </h1>
      {paragraphs.map((paragraph) => (
        <p style={style.paragraph}>{paragraph}</p>
      ))}
      {action !== undefined && (
        <p style={style.paragraph}>
          <a href={action.href} style={style.button}>
            {action.label}
          </a>
        </p>
      )}
      {action !== undefined && (
        <p style={style.small} class="faint">
          If the button does not work, open this address:
          <br />
          <a href={action.href} style={style.address} class="link">
            {action.href}
          </a>
        </p>
      )}
      {afterwards.map((paragraph) => (
        <p style={style.small} class="faint">
          {paragraph}
        </p>
      ))}
    </>
  );
  const text = [
    title,
    ...paragraphs,
    ...(action === undefined ? [] : [`${action.label}:\n${action.href}`]),
    ...afterwards,
    ...(footer.length === 0 ? [] : [`-- \n${footer.join("\n")}`]),
  ];
  return {
    text: `${text.map(wrapText).join("\n\n")}\n`,
    html: await letterHtml({ title, content, footer: footer.map((line) => <p style={style.footer}>{line}</p>) }),
  };
}

/** The frame of every mail: one column of tables, as old mail programs want it, in light and dark. */
export async function letterHtml({
  title,
  preview,
  content,
  footer,
}: {
  title: string;
  /** What a mail program shows beside the subject. */
  preview?: string;
  content: Child;
  footer: Child;
}): Promise<string> {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>{title}</title>
        <style>{raw(letterStyle)}</style>
      </head>
      <body style={style.body} class="paper">
        {preview !== undefined && <div style={style.hidden}>{preview}</div>}
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border={0} style={style.frame}>
          <tr>
            <td align="center" style={style.outer}>
              <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border={0} style={style.column}>
                <tr>
                  <td style={style.cell} class="ink">
                    {content}
                  </td>
                </tr>
                <tr>
                  <td style={style.footerCell} class="faint rule">
                    {footer}
                  </td>
                </tr>
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html>
  );
  return (await html`<!doctype html>${page}`).toString();
}

/** Plain text in lines of at most 72 characters; addresses stay whole, as do lines that are set by hand. */
export function wrapText(text: string): string {
  return text
    .split("\n")
    .map((line) => {
      const indent = /^ */.exec(line)?.[0] ?? "";
      // What begins with a number goes on under its words.
      const hang = " ".repeat(/^ *(?:\d+\. )?/.exec(line)?.[0].length ?? 0);
      const lines: string[] = [];
      let current = "";
      for (const word of line.trim().split(/ +/)) {
        const before = lines.length === 0 ? indent : hang;
        if (current !== "" && before.length + current.length + 1 + word.length > 72) {
          lines.push(before + current);
          current = word;
        } else current = current === "" ? word : `${current} ${word}`;
      }
      lines.push(line.startsWith("-- ") ? line : (lines.length === 0 ? indent : hang) + current);
      return lines.join("\n");
    })
    .join("\n");
}
