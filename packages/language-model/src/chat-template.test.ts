import { describe, expect, it } from "vitest";
import { renderChat } from "./chat-template.ts";

const turns = [
  { role: "user", content: "Hi" },
  { role: "assistant", content: "Hello" },
];
const template =
  "{{ bos_token }}{% for m in messages %}{{ '[' + m['role'] + ']' + m['content'] + eos_token }}{% endfor %}" +
  "{% if add_generation_prompt %}[assistant]{% endif %}";
const tokens = { bos_token: "<s>", eos_token: "</s>" };

describe("renderChat", () => {
  it("writes turns and special tokens, and the beginning of an answer where asked", () => {
    expect(renderChat(template, turns, tokens)).toBe("<s>[user]Hi</s>[assistant]Hello</s>");
    expect(renderChat(template, turns.slice(0, 1), tokens, { addGenerationPrompt: true })).toBe(
      "<s>[user]Hi</s>[assistant]",
    );
  });

  it("takes the template named default of several, listed or by name", () => {
    const named = [
      { name: "tool_use", template: "no" },
      { name: "default", template },
    ];
    const wanted = renderChat(template, turns, tokens);
    expect(renderChat(named, turns, tokens)).toBe(wanted);
    expect(renderChat({ default: template }, turns, tokens)).toBe(wanted);
    expect(() => renderChat([{ name: "rag", template }], turns, tokens)).toThrow(/named "default" among these: rag/);
  });

  it("says with the template's own words why it refused", () => {
    const strict =
      "{% if messages[0].role != 'user' %}{{ raise_exception('turns must begin with the user') }}{% endif %}";
    expect(() => renderChat(strict, turns.slice(1), tokens)).toThrow(
      "the chat template did not take the messages (assistant): turns must begin with the user",
    );
  });

  it("ends a template that loops without end", () => {
    const endless = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";
    expect(() => renderChat(endless, turns, tokens)).toThrow(
      "the chat template did not take the messages (user, assistant): it did not come to an end within 2 s",
    );
    expect(renderChat(template, turns, tokens)).toContain("[user]Hi");
  });

  it("knows the date", () => {
    expect(renderChat("{{ strftime_now('%Y') }}", turns, tokens)).toMatch(/^\d{4}$/);
  });
});
