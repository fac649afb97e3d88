import { verbsIn, type Settings } from "./settings.ts";

/** The words after `offprint` that fit this direction. */
export function fitWords({ good, bad, questions }: Settings): string[] {
  return ["moral", "fit", "--good", ...verbsIn(good), "--bad", ...verbsIn(bad), `--questions=${questions}`];
}

/** The same command as one would type it. */
export function fitCommandLine(settings: Settings): string {
  const typed = fitWords(settings).map((word) => (/[ ']/.test(word) ? `"${word}"` : word));
  return ["npx offprint", ...typed, "--out runs/direction"].join(" ");
}
