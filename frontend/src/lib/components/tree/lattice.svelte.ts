/** What a lattice shows of a run: its layout, what is open, what is in view, what is pointed at. */

import { COLLAPSED, EXPANDED, toggled, type Expansion } from '$lib/domain/collapse';
import { columnAt, columnOf, layOut, type Column, type Layout } from '$lib/domain/layout';
import { PROMPT_SPOT, sameSpot, standing, wayTo, type Spot } from '$lib/domain/moves';
import type { RunView } from '$lib/domain/view';

/** How much of a box can be read: all, its place and colour, or nothing (a strip instead). */
export type Nearness = 'near' | 'middle' | 'far';

export const LEASTS = [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

const MIDDLE_FROM = 0.5;
const FAR_FROM = 0.16;
/** Columns drawn beyond both edges, so that a short drag shows nothing missing. */
const BEYOND = 2;

const NOTHING: Layout = layOut({
  steps: [],
  chain: [],
  prompt: '',
  ending: null,
  expansion: COLLAPSED,
  withUnkept: false
});

export class Lattice {
  layout = $state.raw<Layout>(NOTHING);
  /** The moment that the layout shows. */
  view = $state.raw<RunView | null>(null);
  expansion = $state.raw<Expansion>(COLLAPSED);
  withUnkept = $state(false);
  leastAt = $state(3);
  /** Whether the newest step is kept in view. */
  follows = $state(true);
  nearness = $state<Nearness>('near');
  /** First and last column in view. */
  range = $state.raw<readonly [number, number]>([0, 12]);
  /** The one that Tab leads to. */
  focus = $state.raw<Spot>(PROMPT_SPOT);
  pointed = $state.raw<Spot | null>(null);

  readonly least = $derived(LEASTS[this.leastAt] ?? 0);

  /** Numbers of the columns that are drawn: those in view, and the one that has the focus. */
  readonly drawn = $derived.by<readonly number[]>(() => {
    const [first, last] = this.range;
    const end = Math.min(last, this.layout.columns.length - 1);
    const found: number[] = [];
    const focused = columnOf(this.layout, this.focus.step);
    if (focused < first) found.push(focused);
    for (let at = first; at <= end; at++) found.push(at);
    if (focused > end && focused < this.layout.columns.length) found.push(focused);
    return found;
  });

  readonly tabStop = $derived(standing(this.layout, this.focus));

  /** The best way to what is pointed at: for each of its steps the candidate that it passes. */
  readonly lit = $derived.by<ReadonlyMap<number, number> | null>(() => {
    const { pointed, view } = this;
    if (!pointed || !view || !view.steps[pointed.step]) return null;
    return wayTo(view, pointed);
  });

  /** Lay a moment out. */
  show(view: RunView, ending: string | null): void {
    const { steps, chain } = view;
    const { expansion, withUnkept } = this;
    const prompt = view.prompt.text ?? 'prompt';
    this.view = view;
    this.layout = layOut({ steps, chain, prompt, ending, expansion, withUnkept }, this.layout);
  }

  /** Tell what can be seen of it. */
  see(left: number, right: number, k: number): void {
    const first = Math.max(0, columnAt(this.layout, left) - BEYOND);
    const last = columnAt(this.layout, right) + BEYOND;
    if (first !== this.range[0] || last !== this.range[1]) this.range = [first, last];
    this.nearness = k < FAR_FROM ? 'far' : k < MIDDLE_FROM ? 'middle' : 'near';
  }

  column(step: number): Column | undefined {
    return this.layout.columns[columnOf(this.layout, step)];
  }

  point(spot: Spot | null): void {
    if (!sameSpot(this.pointed, spot)) this.pointed = spot;
  }

  toggle(first: number): void {
    this.expansion = toggled(this.expansion, first);
  }

  toggleAll(open: boolean): void {
    this.expansion = open ? EXPANDED : COLLAPSED;
  }
}
