/** The step that all charts point at: the page's own step in focus. */

import type { StepFigures } from '$lib/domain/series';
import type { App } from '$lib/state/app.svelte';
import type { RunStore } from '$lib/state/run.svelte';

const PAGE = 10;

export class Cursor {
  private readonly place: number;

  constructor(
    private readonly app: App,
    readonly run: RunStore,
    readonly figures: readonly StepFigures[]
  ) {
    this.place = $derived(app.step === null ? -1 : this.near(app.step, (one) => one.step));
  }

  /** The figures of the step in focus; null where none is. */
  get at(): StepFigures | null {
    const found = this.figures[this.place];
    return found?.step === this.app.step ? found : null;
  }

  get first(): number {
    return this.figures[0]?.step ?? 0;
  }

  get last(): number {
    return this.figures[this.figures.length - 1]?.step ?? 0;
  }

  /** Go to the step that is nearest to a value of an axis. */
  to(value: number, of: (figures: StepFigures) => number): void {
    const found = this.figures[this.near(value, of)];
    if (found) this.app.step = found.step;
  }

  /** What a key does; whether it did something. */
  key(key: string): boolean {
    const on: Record<string, number> = {
      ArrowRight: 1,
      ArrowUp: 1,
      ArrowLeft: -1,
      ArrowDown: -1,
      PageUp: PAGE,
      PageDown: -PAGE,
      Home: -Infinity,
      End: Infinity
    };
    const by = on[key];
    if (by === undefined) return false;
    const from = this.at ? this.place : by > 0 ? -1 : this.figures.length;
    const found = this.figures[Math.max(0, Math.min(this.figures.length - 1, from + by))];
    if (found) this.app.step = found.step;
    return true;
  }

  /** Pin the card of the token that is shown for the step in focus. */
  pin(anchor: HTMLElement): void {
    const at = this.at;
    if (!at) return;
    const chosen = this.run.chain[at.step] ?? -1;
    this.app.pin(this.run, at.step, Math.max(0, chosen), anchor);
  }

  private near(value: number, of: (figures: StepFigures) => number): number {
    let low = 0;
    let high = this.figures.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (of(this.figures[middle]!) < value) low = middle + 1;
      else high = middle;
    }
    const before = this.figures[low - 1];
    const here = this.figures[low];
    if (before && here && value - of(before) < of(here) - value) return low - 1;
    return low;
  }
}
