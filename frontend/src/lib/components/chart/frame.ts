/** Where a figure's numbers lie on the screen. */

import { linear, logarithmic, type Scale } from '$lib/domain/scale';
import { decimate, type Point } from '$lib/domain/series';

export interface Axis {
  /** what it counts, with its unit */
  label: string;
  from: number;
  to: number;
  isLog?: boolean;
  /** how a tick reads */
  say?: (value: number) => string;
  /** whether only whole numbers are ticks */
  isWhole?: boolean;
}

export interface Entry {
  label: string;
  mark: 'line' | 'dashed' | 'dotted' | 'fill' | 'hatched' | 'cross' | 'ring' | 'diamond' | 'dot';
  tone: 'ink' | 'best' | 'kept' | 'pruned' | 'unkept';
}

export interface Frame {
  x: Scale;
  y: Scale;
  left: number;
  right: number;
  top: number;
  bottom: number;
  wide: number;
  xTicks: number[];
  yTicks: number[];
}

const scale = (axis: Axis, range: [number, number]): Scale =>
  (axis.isLog ? logarithmic : linear)([axis.from, axis.to], range);

function ticks(of: Scale, axis: Axis, count: number): number[] {
  const found = of.ticks(count);
  return axis.isWhole ? found.filter(Number.isInteger) : found;
}

/** Lay a figure out; `above` is the height of its legend. */
export function frameOf(x: Axis, y: Axis, wide: number, high: number, above: number): Frame {
  const left = 56;
  const right = Math.max(left + 40, wide - 12);
  const top = above + 10;
  const bottom = above + high - 34;
  const xScale = scale(x, [left, right]);
  const yScale = scale(y, [bottom, top]);
  return {
    x: xScale,
    y: yScale,
    left,
    right,
    top,
    bottom,
    wide: right - left,
    xTicks: ticks(xScale, x, Math.max(2, Math.floor((right - left) / 90))),
    yTicks: ticks(yScale, y, 4)
  };
}

/** A dense line is as wide as this; finer points would cost time and not be seen. */
const COLUMN = 2;

/** A line through points, with gaps where there is no value. */
export function lineThrough(points: readonly Point[], frame: Frame): string {
  let path = '';
  let isDrawing = false;
  for (const { x, y } of decimate(points, frame.wide / COLUMN)) {
    if (y !== null) path += `${isDrawing ? 'L' : 'M'}${round(frame.x(x))},${round(frame.y(y))}`;
    isDrawing = y !== null;
  }
  return path;
}

export const round = (value: number): number => Math.round(value * 10) / 10;

/** Marks around a place, as parts of a path. */
export const MARKS: Record<'cross' | 'ring' | 'diamond' | 'dot', (x: number, y: number) => string> =
  {
    cross: (x, y) => `M${x - 3} ${y - 3}l6 6m0 -6l-6 6`,
    ring: (x, y) => `M${x - 3} ${y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0`,
    diamond: (x, y) => `M${x} ${y - 4}l4 4l-4 4l-4 -4z`,
    dot: (x, y) => `M${x - 2} ${y}a2 2 0 1 0 4 0a2 2 0 1 0 -4 0`
  };
