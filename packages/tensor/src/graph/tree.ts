/** A nested structure: one value, a list of structures, or an object of structures. Parameters and state have this form. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

/** The same structure with another type at its leaves. */
export type MapTree<S, From, To> = S extends From
  ? To
  : S extends readonly unknown[]
    ? { readonly [K in keyof S]: MapTree<S[K], From, To> }
    : S extends object
      ? { readonly [K in keyof S]: MapTree<S[K], From, To> }
      : never;

/** Tells a leaf from a branch. */
export type IsLeaf<T> = (value: unknown) => value is T;

const joinPath = (path: string, key: string | number): string => (path === "" ? String(key) : `${path}.${key}`);

/** The branches of a node by key, or `undefined` at anything that is no branch. */
function branches(node: unknown): [string, unknown][] | undefined {
  return typeof node === "object" && node !== null ? Object.entries(node) : undefined;
}

/**
 * Every leaf with its path (`"params.entity.mean"`), in the order of the keys.
 * @throws {TypeError} at a value that is neither leaf nor branch, naming its path.
 */
export function treeLeaves<T>(tree: Tree<T>, isLeaf: IsLeaf<T>, path = ""): [string, T][] {
  if (isLeaf(tree)) return [[path, tree]];
  const children = branches(tree);
  if (children === undefined) throw new TypeError(`expected a tensor at "${path}", got ${typeof tree}`);
  return children.flatMap(([key, child]) => treeLeaves(child as Tree<T>, isLeaf, joinPath(path, key)));
}

/** A structure of the same form whose leaves are `f(leaf, path)`. */
export function treeMap<T, U>(tree: Tree<T>, isLeaf: IsLeaf<T>, f: (leaf: T, path: string) => U, path = ""): Tree<U> {
  if (isLeaf(tree)) return f(tree, path);
  const children = branches(tree);
  if (children === undefined) throw new TypeError(`expected a tensor at "${path}", got ${typeof tree}`);
  const mapped = children.map(([key, child]) => {
    return [key, treeMap(child as Tree<T>, isLeaf, f, joinPath(path, key))] as const;
  });
  return Array.isArray(tree) ? mapped.map(([, child]) => child) : Object.fromEntries(mapped);
}
