/** Where a figure's numbers lie on the screen. */

import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
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

interface Scale {
  (value: number): number;
  invert(place: number): number;
  ticks(count?: number): number[];
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

const scale = (axis: Axis, range: [number, number]): Scale => {
  const made = axis.isLog ? scaleLog() : scaleLinear();
  return made.domain([axis.from, axis.to]).range(range).clamp(true) as unknown as Scale;
};

function ticks(of: Scale, axis: Axis, count: number): number[] {
  const found = of.ticks(count);
  if (axis.isWhole) return found.filter(Number.isInteger);
  if (!axis.isLog) return found;
  // Powers of ten alone, and of these as many as there is room for.
  const powers = found.filter((value) => Math.abs(Math.log10(value) % 1) < 1e-9);
  if (powers.length < 3) return found.filter((value) => /^[125]/.test(value.toExponential()));
  const every = Math.ceil(powers.length / count);
  return powers.filter((_, place) => place % every === 0);
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

/** A line through points, with gaps where there is no value. */
export function lineThrough(points: readonly Point[], frame: Frame): string {
  const path = line<Point>()
    .defined((one) => one.y !== null)
    .x((one) => round(frame.x(one.x)))
    .y((one) => round(frame.y(one.y ?? 0)));
  return path(decimate(points, frame.wide) as Point[]) ?? '';
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
