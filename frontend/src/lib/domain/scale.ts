/**
 * Where a number lies on an axis of the screen.
 *
 * What d3-scale does here in a tenth of its size: no dates, colours or formats are asked for.
 */

import { ticks } from 'd3-array';

export interface Scale {
  /** the place of a value; values outside lie at the ends */
  (value: number): number;
  /** the value at a place */
  invert(place: number): number;
  /** round values, about as many as asked for */
  ticks(count: number): number[];
}

export type Range = readonly [from: number, to: number];

const between = (share: number): number => Math.min(1, Math.max(0, share));

function through(
  domain: Range,
  range: Range,
  bend: (value: number) => number,
  straighten: (bent: number) => number,
  marks: (count: number) => number[]
): Scale {
  const [low, high] = [bend(domain[0]), bend(domain[1])];
  const [start, end] = range;
  const place = (value: number): number => {
    const share = high === low ? 0.5 : between((bend(value) - low) / (high - low));
    return start + share * (end - start);
  };
  const invert = (at: number): number => {
    const share = end === start ? 0.5 : between((at - start) / (end - start));
    return straighten(low + share * (high - low));
  };
  return Object.assign(place, { invert, ticks: marks });
}

const same = (value: number): number => value;

export const linear = (domain: Range, range: Range): Scale =>
  through(domain, range, same, same, (count) => ticks(domain[0], domain[1], count));

/** A scale of powers of ten; its domain is above 0. */
export function logarithmic(domain: Range, range: Range): Scale {
  const bend = (value: number): number => Math.log10(Math.max(value, Number.MIN_VALUE));
  return through(
    domain,
    range,
    bend,
    (bent) => 10 ** bent,
    (count) => decades(domain, count)
  );
}

/** Powers of ten alone where there are several, and of these as many as there is room for. */
function decades([from, to]: Range, count: number): number[] {
  const found: number[] = [];
  for (let power = Math.ceil(Math.log10(from) - 1e-9); 10 ** power <= to * (1 + 1e-9); power++) {
    found.push(10 ** power);
  }
  if (found.length < 3) return mantissas(from, to);
  const every = Math.ceil(found.length / count);
  return found.filter((_, place) => place % every === 0);
}

/** 1, 2 and 5 of each power. */
function mantissas(from: number, to: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power++) {
    for (const digit of [1, 2, 5]) found.push(Number(`${digit}e${power}`));
  }
  return found.filter((value) => value >= from && value <= to);
}
