import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createModel } from "@offprint/language-model";
import { hostTensor } from "@offprint/tensor";
import { SafetensorsFile, writeSafetensors, tensorSources } from "@offprint/training";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adaptedLayers } from "../lora.ts";
import { adapterFiles, checkBase, loadAdapter, saveAdapter } from "./adapter.ts";
import { AdapterError, AnotherBaseError } from "./errors.ts";
import { toyAdapter, toyLora, toyModel } from "./testing.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-adapter-"));
  path = join(folder, "adapter");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const readJson = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(path, name), "utf8")) as Record<string, unknown>;

describe("saveAdapter and loadAdapter", () => {
  it.each([
    { name: "LoRA", lora: toyLora },
    { name: "rsLoRA", lora: { ...toyLora, rankStabilised: true, dropout: 0.05 } },
    { name: "DoRA", lora: { ...toyLora, dora: true } },
  ])("give back what was saved, $name", async ({ lora }) => {
    const base = toyModel();
    const saved = await toyAdapter(base, lora);
    await saveAdapter(path, saved);
    const loaded = await loadAdapter(path);
    const layers = adaptedLayers(createModel(base.config), lora).map(({ name }) => name);
    expect({ ...loaded.lora, targets: loaded.lora.targets.toSorted() }).toEqual({
      ...lora,
      targets: layers.toSorted(),
    });
    const { "lm_head.weight": head, ...tensors } = loaded.tensors;
    expect(tensors).toEqual(saved.tensors);
    expect(head).toEqual(saved.tensors["model.embed_tokens.weight"]);
    expect(loaded.modelConfig).toEqual(base.config.json);
    expect(loaded.fingerprint).toEqual(saved.base.fingerprint);
    expect(loaded.baseName).toBe("bases/toy");
    await checkBase(loaded, base);
    expect((await loadAdapter(folder)).tensors).toEqual(loaded.tensors); // as the folder of a run
  });

  it("write names and settings as PEFT does", async () => {
    await saveAdapter(path, await toyAdapter(toyModel()));
    await using file = await SafetensorsFile.open(join(path, adapterFiles.tensors));
    const names = [...file.tensors.keys()];
    expect(names).toContain("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight");
    expect(names).toContain("base_model.model.model.embed_tokens.weight");
    expect(file.metadata).toEqual({ format: "pt" });
    const peft = await readJson(adapterFiles.peft);
    expect(peft).toMatchObject({ peft_type: "LORA", r: 3, lora_alpha: 6, bias: "none", ensure_weight_tying: true });
    const replaced = peft["modules_to_save"] as string[];
    expect(replaced).toContain("model.embed_tokens");
    expect(replaced).toContain("lm_head");
    expect(replaced).toContain("model.layers.1.post_attention_layernorm");
    // PEFT takes every module whose name ends as one of these does: each must mean itself alone.
    for (const one of replaced) expect(replaced.filter((name) => name.endsWith(one))).toEqual([one]);
    expect(await readFile(join(path, adapterFiles.readme), "utf8")).toContain("AutoConfig.from_pretrained");
  });

  it("leave the head alone where it is not tied", async () => {
    const base = toyModel({ tie_word_embeddings: false });
    const saved = await toyAdapter(base);
    await saveAdapter(path, saved);
    expect((await loadAdapter(path)).tensors).toEqual(saved.tensors);
    expect(await readJson(adapterFiles.peft)).not.toHaveProperty("ensure_weight_tying");
  });

  it("replace an older adapter and leave nothing beside it", async () => {
    const saved = await toyAdapter(toyModel());
    await saveAdapter(path, saved);
    await writeFile(join(path, "stale.txt"), "");
    await saveAdapter(path, saved);
    expect((await readdir(path)).toSorted()).toEqual(Object.values(adapterFiles).toSorted());
    expect(await readdir(folder)).toEqual(["adapter"]);
  });

  it("read an adapter of PEFT, without config and fingerprint, and keep its other settings", async () => {
    const base = toyModel();
    await saveAdapter(path, await toyAdapter(base));
    await rm(join(path, adapterFiles.offprint));
    await rm(join(path, adapterFiles.model));
    const peft = { ...(await readJson(adapterFiles.peft)), peft_version: "0.21.2", target_modules: ".*_proj" };
    await writeFile(join(path, adapterFiles.peft), JSON.stringify(peft));
    const loaded = await loadAdapter(path);
    expect(loaded).toMatchObject({ fingerprint: undefined, modelConfig: undefined, peft: { peft_version: "0.21.2" } });
    expect(loaded.lora.targets).toContain("model.layers.0.self_attn.q_proj");
    await checkBase(loaded, base);
  });
});

describe("loadAdapter refuses", () => {
  it("a folder that is no adapter", async () => {
    await expect(loadAdapter(folder)).rejects.toThrow(/holds no adapter_config.json/);
  });

  it("a file that is cut off, missing or damaged", async () => {
    await saveAdapter(path, await toyAdapter(toyModel()));
    await truncate(join(path, adapterFiles.tensors), 2000);
    await expect(loadAdapter(path)).rejects.toThrow(AdapterError);
    await expect(loadAdapter(path)).rejects.toThrow(
      /adapter_model.safetensors cannot be read: .* cut off; copy it again$/,
    );
    await rm(join(path, adapterFiles.tensors));
    await expect(loadAdapter(path)).rejects.toThrow(/adapter_model.safetensors is missing/);
    await writeFile(join(path, adapterFiles.peft), "{");
    await expect(loadAdapter(path)).rejects.toThrow(/adapter_config.json is damaged/);
  });

  it.each([
    [{ peft_type: "IA3" }, /peft_type "IA3"/],
    [{ bias: "all" }, /sets "bias" to "all"/],
    [{ rank_pattern: { q_proj: 4 } }, /sets "rank_pattern"/],
    [{ r: 5 }, /of rank 3; adapter_config.json says r = 5/],
    [{ use_dora: true }, /but no ".*lora_magnitude_vector"/],
  ])("settings that are not computed here: %j", async (change, message) => {
    await saveAdapter(path, await toyAdapter(toyModel()));
    const peft = { ...(await readJson(adapterFiles.peft)), ...change };
    await writeFile(join(path, adapterFiles.peft), JSON.stringify(peft));
    await expect(loadAdapter(path)).rejects.toThrow(AdapterError);
    await expect(loadAdapter(path)).rejects.toThrow(message);
  });

  it("half a pair of matrices and names of another kind", async () => {
    const saved = await toyAdapter(toyModel());
    await saveAdapter(path, saved);
    const one = hostTensor(new Float32Array(48), [3, 16]);
    const write = (name: string) => writeSafetensors(join(path, adapterFiles.tensors), tensorSources({ [name]: one }));
    await write("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight");
    await expect(loadAdapter(path)).rejects.toThrow(/but no ".*lora_B.weight"/);
    await write("model.layers.0.self_attn.q_proj.lora_A.weight");
    await expect(loadAdapter(path)).rejects.toThrow(/does not begin "base_model.model."/);
  });
});

describe("checkBase", () => {
  it("tells a model of other sizes", async () => {
    await saveAdapter(path, await toyAdapter(toyModel()));
    const adapter = await loadAdapter(path);
    const other = toyModel({ vocab_size: 31 });
    await expect(checkBase(adapter, other)).rejects.toThrow(AnotherBaseError);
    await expect(checkBase(adapter, other)).rejects.toThrow(/vocabularySize 29.*has vocabularySize 31.*bases\/toy/);
    await expect(checkBase(adapter, other, { anyBase: true })).rejects.toThrow(/\[29, 16\], made for another/);
    const short = toyModel({ num_hidden_layers: 1 });
    await expect(checkBase(adapter, short, { anyBase: true })).rejects.toThrow(/"model.layers.1.*does not have/);
  });

  it("refuses to untie a head from its embedding, as PEFT does when only one of them was saved", async () => {
    const base = toyModel({ tie_word_embeddings: false });
    const saved = await toyAdapter(base);
    await saveAdapter(path, saved);
    await expect(checkBase(await loadAdapter(path), toyModel(), { anyBase: true })).rejects.toThrow(/without "lm_head/);
  });

  it("tells another training of the same sizes, and lets it pass when asked to", async () => {
    await saveAdapter(path, await toyAdapter(toyModel()));
    const adapter = await loadAdapter(path);
    const other = toyModel({}, 2);
    await expect(checkBase(adapter, other)).rejects.toThrow(/other values in "model\./);
    await checkBase(adapter, other, { anyBase: true });
  });
});
