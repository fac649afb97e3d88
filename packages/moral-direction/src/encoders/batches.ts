/**
 * Places of texts, grouped so that those of a group are about equally long: short padding.
 * @param texts tokens of each text.
 * @param most tokens of a group together, padding included; one text may be longer.
 */
export function batches(texts: readonly { readonly length: number }[], most: number): number[][] {
  const lengthAt = (index: number): number => texts[index]?.length ?? 0;
  const order = [...texts.keys()].toSorted((a, b) => lengthAt(b) - lengthAt(a));
  const groups: number[][] = [];
  for (const index of order) {
    const group = groups.at(-1);
    // The first of a group is its longest.
    if (group && (group.length + 1) * Math.max(lengthAt(group[0] ?? 0), 1) <= most) group.push(index);
    else groups.push([index]);
  }
  return groups;
}
