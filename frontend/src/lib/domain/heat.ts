/** A lattice from afar: a strip of bars, as many as fit, for what no longer fits as boxes. */

import type { Column, Layout } from './layout';
import { columnAt } from './layout';
import { width as keptAt } from './view';

/** What a column amounts to: the most of its steps. */
interface Summary {
  readonly entropy: number;
  readonly kept: number;
  readonly pruned: number;
}

export interface Bar extends Summary {
  /** in pixels, as wide as the strip's bars are */
  readonly x: number;
}

export const LEVELS = 5;
/** Entropy at which the strongest tint begins, in nats; the same in every run. */
const STRONGEST = 3.2;

/** Which tint an entropy gets, 1 to 5. */
export const heatOf = (entropy: number): number =>
  Math.min(LEVELS, 1 + Math.floor((entropy / STRONGEST) * (LEVELS - 1)));

const known = new WeakMap<Column, Summary>();

function summary(layout: Layout, column: Column): Summary {
  const found = known.get(column);
  if (found) return found;
  let [entropy, kept, pruned] = [0, 0, 0];
  for (let number = Math.max(0, column.first); number <= column.last; number++) {
    const step = layout.input.steps[number];
    if (!step) continue;
    entropy = Math.max(entropy, step.entropy);
    kept = Math.max(kept, keptAt(step));
    pruned = Math.max(pruned, step.pruned);
  }
  const made = { entropy, kept, pruned };
  known.set(column, made);
  return made;
}

/** Bars for what is in view, `wide` pixels each; a bar says the most of what it stands for. */
export function bars(
  layout: Layout,
  transform: { x: number; k: number },
  viewWidth: number,
  wide: number
): Bar[] {
  const count = Math.ceil(viewWidth / wide);
  const bins: (Bar | undefined)[] = new Array<Bar | undefined>(count);
  const first = columnAt(layout, -transform.x / transform.k);
  const last = columnAt(layout, (viewWidth - transform.x) / transform.k);
  const place = (x: number) => (x * transform.k + transform.x) / wide;
  for (let at = first; at <= last; at++) {
    const column = layout.columns[at]!;
    const one = summary(layout, column);
    if (one.kept + one.pruned === 0) continue;
    const left = Math.floor(place(column.x));
    const right = Math.ceil(place(layout.columns[at + 1]?.x ?? column.x + column.width)) - 1;
    for (let bin = Math.max(0, left); bin <= Math.min(count - 1, Math.max(left, right)); bin++) {
      const old = bins[bin];
      bins[bin] = {
        x: bin * wide,
        entropy: Math.max(one.entropy, old?.entropy ?? 0),
        kept: Math.max(one.kept, old?.kept ?? 0),
        pruned: Math.max(one.pruned, old?.pruned ?? 0)
      };
    }
  }
  return bins.filter((bar) => bar !== undefined);
}
