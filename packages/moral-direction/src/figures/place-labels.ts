/** A dot in the pixels of a picture, and the text that wants to stand beside it. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** Where a text stands: its shift from the dot, and the end of it that is fixed. */
export interface Label {
  readonly dot: number;
  readonly dx: number;
  readonly anchor: "start" | "middle" | "end";
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * Places for texts such that none covers another or a dot, or leaves the frame: each in turn takes the first free one of eight
 * around its dot; a text that finds none is left out.
 * @param letter advance of an average letter, @param height of a line, both pixels.
 */
export function placeLabels(
  dots: readonly Dot[],
  wanted: readonly number[],
  { letter, height, radius, frame }: { letter: number; height: number; radius: number; frame: Box },
): Label[] {
  const taken: Box[] = dots.map(({ x, y }) => boxAround(x, y, radius));
  const placed: Label[] = [];
  for (const dot of wanted) {
    const { x, y, text } = dots[dot]!;
    const width = text.length * letter;
    for (const [dx, dy, anchor] of places(radius, height)) {
      const left = x + dx - (anchor === "start" ? 0 : anchor === "end" ? width : width / 2);
      const box = { left, right: left + width, top: y + dy - height / 2, bottom: y + dy + height / 2 };
      if (!inside(box, frame) || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      placed.push({ dot, dx, dy, anchor });
      break;
    }
  }
  return placed;
}

const places = (radius: number, height: number): readonly (readonly [number, number, Label["anchor"]])[] => {
  const [side, over] = [radius + 3, radius + 1 + height / 2];
  return [
    [side, 0, "start"],
    [-side, 0, "end"],
    [0, -over, "middle"],
    [0, over, "middle"],
    [side, -over, "start"],
    [side, over, "start"],
    [-side, -over, "end"],
    [-side, over, "end"],
  ];
};

const boxAround = (x: number, y: number, radius: number): Box => ({
  left: x - radius,
  right: x + radius,
  top: y - radius,
  bottom: y + radius,
});

const inside = (box: Box, frame: Box) =>
  box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;

const overlap = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
