/** Lines of values over steps, as paths for a picture. */

export type Point = readonly [x: number, y: number];

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Span {
  least: number;
  most: number;
}

/** The horizontal place of a value. */
export const across = (x: number, span: Span, frame: Frame): number => {
  const share = span.most > span.least ? (x - span.least) / (span.most - span.least) : 0.5;
  return frame.left + share * (frame.width - frame.left - frame.right);
};

/** The vertical place of a value; larger ones are higher. */
export const up = (y: number, span: Span, frame: Frame): number => {
  const share = span.most > span.least ? (y - span.least) / (span.most - span.least) : 0.5;
  return frame.height - frame.bottom - share * (frame.height - frame.top - frame.bottom);
};

const rounded = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

/** A line through points, `null` where it is interrupted, as an SVG path. */
export function linePath(
  points: readonly (Point | null)[],
  xs: Span,
  ys: Span,
  frame: Frame
): string {
  let path = '';
  let isOpen = false;
  for (const point of points) {
    if (point) {
      const place = `${rounded(across(point[0], xs, frame))} ${rounded(up(point[1], ys, frame))}`;
      path += `${isOpen ? 'L' : 'M'}${place}`;
    }
    isOpen = point !== null;
  }
  return path;
}

/**
 * Fewer points that look the same at this many columns: of each column the lowest and the highest,
 * in their order.
 */
export function thinned(points: readonly Point[], columns: number): readonly Point[] {
  if (points.length <= 2 * columns) return points;
  const found: Point[] = [];
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * points.length) / columns);
    const to = Math.floor(((column + 1) * points.length) / columns);
    let low = from;
    let high = from;
    for (let place = from; place < to; place++) {
      if (points[place]![1] < points[low]![1]) low = place;
      if (points[place]![1] > points[high]![1]) high = place;
    }
    found.push(points[Math.min(low, high)]!);
    if (low !== high) found.push(points[Math.max(low, high)]!);
  }
  return found;
}

/** Round values that cover a span: 1, 2 or 5 times a power of ten apart, about so many. */
export function ticks({ least, most }: Span, about: number): number[] {
  const span = most - least;
  if (!(span > 0) || !Number.isFinite(span)) return [least];
  const raw = span / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw * 0.999)!;
  const digits = Math.max(0, -Math.floor(Math.log10(step)) + 1);
  const found: number[] = [];
  const first = Math.ceil(least / step - 1e-9);
  for (let at = first; at * step <= most + step * 1e-9; at++) {
    found.push(Number((at * step).toFixed(digits)));
  }
  return found;
}

/** The step whose point is nearest to a horizontal place. */
export function nearestStep(place: number, xs: Span, frame: Frame): number {
  const inner = frame.width - frame.left - frame.right;
  const share = Math.min(1, Math.max(0, (place - frame.left) / inner));
  return Math.round(xs.least + share * (xs.most - xs.least));
}
