/**
 * Adapters and merged models of ours in Python's peft and transformers: the greatest difference of a logit.
 * Usage: node --conditions=source --import tsx bench/peft-roundtrip.ts --model FOLDER --python PYTHON [--adapter DIR] [--tokens 700]
 * Without --adapter, adapters of each kind are made: LoRA, rsLoRA and DoRA, embedding and norms moved, positions scaled 4 times.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createModel, extendContext, loadLanguageModel } from "@offprint/language-model";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import {
  defaultTargets,
  fingerprintOf,
  initialAdapter,
  mergeAdapter,
  openForEvaluation,
  readModelWithAdapter,
  saveAdapter,
  trainableNames,
  weightSource,
  type LoraConfig,
} from "@offprint/long-context-lora";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    adapter: { type: "string" },
    python: { type: "string", default: "python3" },
    tokens: { type: "string", default: "700" },
  },
});
const { model: base, adapter: given, python } = values;
if (base === undefined) throw new Error("--model is needed");

const script = fileURLToPath(new URL("peers/peft_load.py", import.meta.url));

interface Logits {
  readonly adapter: number[];
  readonly mergedByPeft: number[];
  readonly merged: number[];
  readonly versions: Record<string, string>;
}

function inPython(folders: readonly string[], ids: Int32Array): Promise<Logits> {
  const child = spawn(python, [script, ...folders], { stdio: ["pipe", "pipe", "ignore"] });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  child.stdin.end(JSON.stringify([...ids]));
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(pieces).toString("utf8")) as Logits);
      else reject(new Error(`${python} ${script} ${folders.join(" ")} ended with ${code}`));
    });
  });
}

/** An adapter whose every part has moved: matrices, embedding, norms. */
async function makeAdapter(base: string, folder: string, kind: Partial<LoraConfig>): Promise<void> {
  const language = await loadLanguageModel(base);
  const config = extendContext(language.config, 4 * language.config.contextLength);
  const targets = defaultTargets(config);
  const lora: LoraConfig = { rank: 8, alpha: 16, dropout: 0, targets, rankStabilised: false, dora: false, ...kind };
  const weights = await language.readWeights();
  const trained = trainableNames(createModel(config), "lora+", lora).weights;
  const begun = { ...initialAdapter(language.model, lora, 1, weights), ...pick(weights, trained) };
  const moved = Object.entries(begun).map(([name, { data, shape }]) => {
    const random = RandomStream.create(2, name);
    const size = name.endsWith("lora_B.weight") ? 0.05 : 0.01;
    return [
      name,
      hostTensor(
        (data as Float32Array).map((value) => value + size * (2 * random.uniform() - 1)),
        shape,
      ),
    ];
  });
  const fingerprint = await fingerprintOf(weightSource(language));
  const tensors = Object.fromEntries(moved) as Record<string, HostTensor>;
  await saveAdapter(folder, { config, lora, tensors, base: { name: base, fingerprint } });
}

const pick = (from: Readonly<Record<string, HostTensor>>, names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => (from[name] ? [[name, from[name]]] : [])));

const kinds: Readonly<Record<string, Partial<LoraConfig>>> = {
  LoRA: {},
  rsLoRA: { rankStabilised: true },
  DoRA: { dora: true },
};
const folder = await mkdtemp(join(tmpdir(), "offprint-peft-"));
try {
  for (const [name, kind] of given === undefined ? Object.entries(kinds) : [[given, {}] as const]) {
    const path = given ?? join(folder, name);
    if (given === undefined) await makeAdapter(base, path, kind);
    const opened = await readModelWithAdapter(base, path);
    const { adapter } = opened;
    if (!adapter) throw new Error(`no adapter in ${path}`);
    const merged = join(folder, `${name.replaceAll("/", "-")}-merged`);
    const { check } = await mergeAdapter({ ...opened, adapter }, merged, { dtype: "float32" });
    const random = RandomStream.create(0, "ids");
    const length = Number(values.tokens);
    const ids = Int32Array.from({ length }, () => Math.floor(random.uniform() * opened.config.vocabularySize));
    const own = await openForEvaluation(opened);
    const wanted = await own.logits(
      ids,
      Int32Array.from({ length }, (_, i) => i),
    );
    await own.dispose();
    const peer = await inPython([base, adapter.folder, merged], ids);
    const greatest = (logits: number[]) =>
      wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (logits[i] ?? NaN))), 0).toExponential(2);
    console.log(
      JSON.stringify({
        name,
        tokens: length,
        ownMerge: check.greatest.toExponential(2),
        peftAdapter: greatest(peer.adapter),
        peftMerge: greatest(peer.mergedByPeft),
        transformersMerged: greatest(peer.merged),
        ...peer.versions,
      }),
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
