/** Pieces that the commands' texts and configs share. */
import type { Output } from "@offprint/experiment";
import { z } from "zod";
import type { Named } from "../inference/learned-graph.ts";

/** The trained folder that a command reads, its first word. */
export const trainedFolder = z
  .string()
  .min(1)
  .meta({ placeholder: "DIR", description: "Folder that --out of kge train wrote." });

export const jsonSwitch = z.boolean().default(false).describe("One JSON document on stdout, for programs.");

export const printJson = (stdout: Output, value: unknown): unknown => stdout.write(`${JSON.stringify(value)}\n`);

/** "dog (dog.n.01)", or the label alone where there is no other name. */
export const called = ({ label, name }: Named): string => (name === label ? label : `${name} (${label})`);

/** "12 %", with one digit more below 10 %. */
export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
