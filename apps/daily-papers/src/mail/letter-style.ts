const serif = "Georgia, 'Times New Roman', serif";
const sans = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

const ink = "#1d1b18";
const faint = "#5c5850";
const paper = "#fbfaf7";
const rule = "#dcd8cf";
const link = "#1f5c99";
const accent = "#b5371c";

/** Styles stand on the elements: some mail programs drop style sheets. */
export const style = {
  body: `margin:0;padding:0;background:${paper};color:${ink};`,
  hidden: "display:none;max-height:0;overflow:hidden;",
  frame: "border-collapse:collapse;",
  outer: "padding:24px 16px;",
  column: "border-collapse:collapse;max-width:600px;",
  cell: `padding:0 0 24px;text-align:left;color:${ink};font-family:${sans};font-size:16px;line-height:1.55;`,
  footerCell: `padding:16px 0 0;border-top:1px solid ${rule};text-align:left;color:${faint};font-family:${sans};`,
  masthead: `margin:0 0 4px;font-family:${sans};font-size:14px;line-height:1.5;color:${faint};`,
  title: `margin:0 0 16px;font-family:${serif};font-size:26px;line-height:1.25;font-weight:600;color:${ink};`,
  paragraph: `margin:0 0 16px;font-family:${sans};font-size:16px;line-height:1.55;`,
  small: `margin:0 0 12px;font-family:${sans};font-size:14px;line-height:1.5;color:${faint};`,
  footer: `margin:0 0 8px;font-family:${sans};font-size:13px;line-height:1.5;`,
  address: `color:${link};word-break:break-all;`,
  link: `color:${link};`,
  button: `display:inline-block;padding:10px 20px;background:${accent};color:#ffffff;text-decoration:none;font-family:${sans};font-size:16px;font-weight:600;border-radius:3px;`,
  entries: "border-collapse:collapse;margin:0 0 16px;",
  entryCell: `padding:16px 0;border-top:1px solid ${rule};text-align:left;font-family:${sans};`,
  paperTitle: `margin:0 0 4px;font-family:${serif};font-size:19px;line-height:1.35;font-weight:600;`,
  paperLink: `color:${ink};text-decoration:none;`,
  authors: `margin:0 0 8px;font-size:14px;line-height:1.5;color:${faint};`,
  abstract: `margin:0 0 8px;font-family:${serif};font-size:16px;line-height:1.55;`,
  facts: `margin:0;font-size:13px;line-height:1.6;color:${faint};`,
} as const;

/** For the programs that read it: the colours of the dark, which the styles on the elements would hide. */
export const letterStyle = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .paper { background: #191714 !important; }
  .ink, .ink h1, .ink h2, .ink p, .ink a.title { color: #ece8e0 !important; }
  .faint, .ink .faint, .ink p.faint { color: #b0aaa0 !important; }
  .link, .ink a.link { color: #86b7ea !important; }
  .rule { border-color: #3a362f !important; }
}
`;
