import axe from "axe-core";
import type { Page } from "playwright-core";

const looks = [
  { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { colorScheme: "dark", viewport: { width: 360, height: 740 } },
] as const;
const widths = [320, 768, 2000];
/** Mails are shown in frames that let no script in. */
const options = { iframes: false };

/** What axe finds wrong with an open page, light and wide, dark and narrow, and the widths at which it scrolls sideways. */
export async function pageFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  // The details are opened: what is folded counts as well.
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  const faults: string[] = [];
  for (const { colorScheme, viewport } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    for (const { id, nodes } of await page.evaluate(async (how) => (await window.axe.run(how)).violations, options))
      faults.push(`${id}, ${colorScheme}, ${viewport.width} px: ${nodes.map(({ html }) => html).join("\n")}`);
  }
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    if (needed > width) faults.push(`scrolls sideways at ${width} px: its width is ${needed} px`);
  }
  return faults;
}
