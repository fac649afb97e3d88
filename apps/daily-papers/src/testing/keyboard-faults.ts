import type { Page } from "playwright-core";

/** More stops than a page has controls: what scrolls and what is framed takes the focus as well. */
const spareStops = 12;

/**
 * Walks through an open page with the tab key, from its top. Names the controls that the walk does not reach, and those
 * that do not show where the focus is.
 */
export async function keyboardFaults(page: Page): Promise<string[]> {
  const names = await page.evaluate(() => {
    const controls = document.querySelectorAll<HTMLElement>(
      "a[href], button, input:not([type=hidden], [type=radio]), select, textarea, summary, [tabindex='0']",
    );
    const shown = [...controls].filter(
      (control) => control.tabIndex >= 0 && !control.matches(":disabled") && control.checkVisibility(),
    );
    for (const [index, control] of shown.entries()) control.dataset["walked"] = String(index);
    return shown.map((control) => control.outerHTML.slice(0, 120));
  });
  const faults: string[] = [];
  const reached = new Set<number>();
  for (let stops = 0; stops < names.length + spareStops && reached.size < names.length; stops += 1) {
    await page.keyboard.press("Tab");
    const { index, visible } = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!(focused instanceof HTMLElement)) return { index: undefined, visible: true };
      const { outlineStyle, outlineWidth } = getComputedStyle(focused);
      return { index: focused.dataset["walked"], visible: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    if (index === undefined || reached.has(Number(index))) continue;
    reached.add(Number(index));
    if (!visible) faults.push(`shows no focus: ${names[Number(index)]}`);
  }
  for (const [index, name] of names.entries()) if (!reached.has(index)) faults.push(`is not reached: ${name}`);
  return faults;
}
