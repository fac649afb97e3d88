import type { ModelConfig } from "@offprint/language-model";

/** How to use an adapter, for whoever finds its folder. */
export function adapterReadme(name: string, base: string, config: ModelConfig): string {
  return `# ${name}

A low-rank adapter for \`${base}\`, with the weights beside it that were trained as a whole. With it the model reads
${config.contextLength} tokens: its positions are scaled, and \`config.json\` here says how. An adapter has no place for that in PEFT, so the base
must be loaded **with this config**; without it every text is read at wrong positions.

\`\`\`python
from peft import PeftModel
from transformers import AutoConfig, AutoModelForCausalLM

config = AutoConfig.from_pretrained(${JSON.stringify(name)})
base = AutoModelForCausalLM.from_pretrained(${JSON.stringify(base)}, config=config)
model = PeftModel.from_pretrained(base, ${JSON.stringify(name)})
\`\`\`

\`offprint.json\` says by which sizes and digests the base is known. \`offprint longlora merge\` makes a model of base and
adapter that needs none of this care.
`;
}
