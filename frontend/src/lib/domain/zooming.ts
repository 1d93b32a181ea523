/** The arithmetic of a view that is zoomed and moved: what is drawn at (x, y) appears at (k x, k y) + (x, y). */

export interface Transform {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

export type Point = readonly [x: number, y: number];

/** What is drawn, in its own units. */
export interface Extent {
  width: number;
  top: number;
  bottom: number;
}

export interface Size {
  width: number;
  height: number;
}

export const IDENTITY: Transform = { x: 0, y: 0, k: 1 };
export const MOST = 2.5;
export const LEAST = 0.0004;

/** So much of what is drawn stays in view, however it is pushed. */
const SOME = 96;

/** Scale so that what is drawn under one place comes to lie under another; the same one to stay. */
export function zoomed(from: Transform, k: number, at: Point, to: Point = at): Transform {
  const scale = Math.max(LEAST, Math.min(MOST, k));
  const by = scale / from.k;
  return { k: scale, x: to[0] - (at[0] - from.x) * by, y: to[1] - (at[1] - from.y) * by };
}

/** What two fingers do: what was under each stays under it. */
export function pinched(
  from: Transform,
  before: readonly [Point, Point],
  now: readonly [Point, Point]
): Transform {
  const k = (from.k * apart(now)) / (apart(before) || 1);
  return zoomed(from, k, middle(before), middle(now));
}

/** Some of it stays in view, however it is pushed. */
export function constrained({ x, y, k }: Transform, drawn: Extent, size: Size): Transform {
  return {
    k,
    x: Math.min(size.width - SOME, Math.max(SOME - drawn.width * k, x)),
    y: Math.min(size.height - SOME - drawn.top * k, Math.max(SOME - drawn.bottom * k, y))
  };
}

/** By how much one turn of a wheel scales; a wheel tells pixels, lines or pages. */
export function wheelFactor(deltaY: number, deltaMode: number, isFine: boolean): number {
  const unit = deltaMode === 1 ? 0.05 : deltaMode ? 1 : 0.002;
  return 2 ** (-deltaY * unit * (isFine ? 10 : 1));
}

const apart = ([one, other]: readonly [Point, Point]): number =>
  Math.hypot(one[0] - other[0], one[1] - other[1]);

const middle = ([one, other]: readonly [Point, Point]): Point => [
  (one[0] + other[0]) / 2,
  (one[1] + other[1]) / 2
];
