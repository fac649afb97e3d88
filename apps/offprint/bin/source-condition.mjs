// A module hook: the workspace's own packages resolve to their sources (the "source" entry of their manifests).
export async function resolve(specifier, context, nextResolve) {
  if (!specifier.startsWith("@offprint/")) return nextResolve(specifier, context);
  return nextResolve(specifier, { ...context, conditions: ["source", ...context.conditions] });
}
