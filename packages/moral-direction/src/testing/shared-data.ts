import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The data beside the repository that tests compare with; some checkouts have none. */
export const sharedMoral: string = fileURLToPath(new URL("../../../../../shared/data/moral/", import.meta.url));

/** Whether it is there: tests that need it are skipped without. */
export const hasSharedMoral: boolean = existsSync(`${sharedMoral}README.md`);

export const sharedJson = (name: string): unknown => JSON.parse(readFileSync(`${sharedMoral}${name}`, "utf8"));
