/** Where in a run's events its steps stand, and where something was pruned: what a replay shows. */

import type { RunEvent } from './events';

/** Some events that share a pixel. */
export interface Bin {
  /** entropies of the steps appended there, in nats; null where none was */
  least: number | null;
  most: number | null;
  /** how many candidates were pruned there */
  pruned: number;
}

const LEAVING = new Set(['dropped', 'pruned', 'descendant', 'position_removed']);

/** Whether a decision's effect took the candidate out, in contrast to weakening it. */
export const leaves = (effect: string): boolean => LEAVING.has(effect);

/** The events so far, in numbers; grows with the log and looks at no event twice. */
export class Track {
  /** by event: the newest step that was appended by then, -1 for none */
  private readonly newest: number[] = [];
  /** by event: entropy of the step it appended, null for other events */
  private readonly entropy: (number | null)[] = [];
  /** by event: how many candidates it pruned */
  private readonly pruned: number[] = [];
  /** by step: the event that appended it */
  private readonly appended: (number | undefined)[] = [];

  get length(): number {
    return this.newest.length;
  }

  /** Take in what the log has more; `events` is the log from its beginning. */
  read(events: readonly RunEvent[]): this {
    for (let number = this.length; number < events.length; number++) {
      const event = events[number]!;
      let newest = this.newest[number - 1] ?? -1;
      let entropy: number | null = null;
      let pruned = 0;
      if (event.type === 'step.appended') {
        newest = Math.max(newest, event.step);
        entropy = event.entropy;
        this.appended[event.step] = number;
        pruned = (event.dropped ?? []).length;
      } else if (event.type === 'candidates.pruned') {
        pruned = event.items.reduce((sum, one) => sum + (leaves(one.effect) ? 1 : 0), 0);
      }
      this.newest.push(newest);
      this.entropy.push(entropy);
      this.pruned.push(pruned);
    }
    return this;
  }

  /** The newest step once so many events were seen; -1 for none. */
  stepAt(seen: number): number {
    return this.newest[Math.min(seen, this.length) - 1] ?? -1;
  }

  /** How many events have to be seen for a step to be there; null where it never was. */
  seenFor(step: number): number | null {
    const event = this.appended[step];
    return event === undefined ? null : event + 1;
  }

  /** The moment so many steps later, or earlier: 1 at the least, all events at the most. */
  stepsOn(seen: number, steps: number): number {
    const wanted = this.stepAt(seen) + steps;
    if (wanted < 0) return Math.min(1, this.length);
    for (let step = wanted; step < this.appended.length; step++) {
      const found = this.seenFor(step);
      if (found !== null) return found;
    }
    return this.length;
  }

  /** The events in so many parts of equal length. */
  bins(count: number): Bin[] {
    const bins: Bin[] = Array.from({ length: Math.max(0, Math.floor(count)) }, () => ({
      least: null,
      most: null,
      pruned: 0
    }));
    for (let number = 0; number < this.length && bins.length; number++) {
      const bin = bins[this.binOf(number, bins.length)]!;
      const entropy = this.entropy[number]!;
      if (entropy !== null) {
        bin.least = bin.least === null ? entropy : Math.min(bin.least, entropy);
        bin.most = bin.most === null ? entropy : Math.max(bin.most, entropy);
      }
      bin.pruned += this.pruned[number]!;
    }
    return bins;
  }

  private binOf(event: number, bins: number): number {
    if (this.length <= 1) return 0;
    return Math.min(bins - 1, Math.floor((event / (this.length - 1)) * bins));
  }
}

/** A line through bins, from the highest to the lowest value of each; `high` and `wide` in pixels. */
export function sparkline(bins: readonly Bin[], wide: number, high: number): string {
  const top = bins.reduce((most, bin) => Math.max(most, bin.most ?? 0), 0) || 1;
  const y = (value: number): string => (high - (value / top) * high).toFixed(1);
  let path = '';
  bins.forEach((bin, number) => {
    if (bin.most === null || bin.least === null) return;
    const x = (((number + 0.5) / bins.length) * wide).toFixed(1);
    path += `${path ? 'L' : 'M'}${x} ${y(bin.most)}`;
    if (bin.least !== bin.most) path += `V${y(bin.least)}`;
  });
  return path;
}
