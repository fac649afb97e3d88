import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const debianChromium = "/usr/bin/chromium";
const quiet = ["--disable-background-networking", "--disable-quic"];
/** Arguments of the package that a test does without: one process for all ends with the first context, and a browser
 * without web security would let pass what the site must refuse. */
const unwanted = /^--(single-process|no-zygote|disable-web-security|allow-running-insecure-content)$/;

/**
 * A headless Chromium for tests: the one that npm delivers, or Debian's where that one does not start.
 * @throws when there is neither.
 */
export async function launchBrowser(): Promise<Browser> {
  try {
    const { default: packaged } = await import("@sparticuz/chromium");
    return await chromium.launch({
      executablePath: await packaged.executablePath(),
      args: [...packaged.args.filter((argument) => !unwanted.test(argument)), ...quiet],
      headless: true,
    });
  } catch (error) {
    if (!existsSync(debianChromium)) throw error;
    return chromium.launch({ executablePath: debianChromium, args: ["--no-sandbox", ...quiet], headless: true });
  }
}
