/** Which moment of a run is shown, and how it goes on by itself. */

import type { Track } from '$lib/domain/ticks';
import type { RunStore } from '$lib/state/run.svelte';

/** Events a second; null for as fast as they were told. */
export const PACES = [2, 10, 50, 250, null] as const;
export type Pace = (typeof PACES)[number];

const STEPS_OF_A_PAGE = 10;

export class Replay {
  pace = $state<Pace>(10);
  isPlaying = $state(false);

  private frame = 0;

  constructor(
    readonly run: RunStore,
    private readonly track: Track
  ) {}

  get all(): number {
    return this.run.live.seen;
  }

  get seen(): number {
    return this.run.view.seen;
  }

  /** Show the run after so many events; at the end it is live again. */
  go(seen: number): void {
    this.run.seen = seen >= this.all ? null : Math.max(1, Math.round(seen));
  }

  /** Go there by hand, which ends playing. */
  jump(seen: number): void {
    this.pause();
    this.go(seen);
  }

  first(): void {
    this.jump(1);
  }

  by(events: number): void {
    this.jump(this.seen + events);
  }

  live(): void {
    this.jump(this.all);
  }

  /** What a key on the slider does; whether it did something. */
  key(key: string): boolean {
    const page = (steps: number) => this.jump(this.track.stepsOn(this.seen, steps));
    const does: Record<string, () => void> = {
      ArrowRight: () => this.by(1),
      ArrowUp: () => this.by(1),
      ArrowLeft: () => this.by(-1),
      ArrowDown: () => this.by(-1),
      PageUp: () => page(STEPS_OF_A_PAGE),
      PageDown: () => page(-STEPS_OF_A_PAGE),
      Home: () => this.first(),
      End: () => this.live()
    };
    does[key]?.();
    return key in does;
  }

  toggle(): void {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  pause(): void {
    this.isPlaying = false;
    cancelAnimationFrame(this.frame);
  }

  /** Go on event by event from the moment shown, or from the start where that is the end. */
  play(): void {
    if (this.run.isLatest) this.go(1);
    this.isPlaying = true;
    let before: number | null = null;
    let owed = 0;
    let clock = this.run.view.at;
    const turn = (now: number): void => {
      if (!this.isPlaying) return;
      const passed = before === null ? 0 : Math.min(now - before, 250);
      before = now;
      let seen = this.seen;
      if (this.pace === null) {
        clock += passed;
        while (seen < this.all && (this.run.log.events[seen]?.t_ms ?? 0) <= clock) seen++;
      } else {
        owed += (passed / 1000) * this.pace;
        seen += Math.floor(owed);
        owed -= Math.floor(owed);
        clock = this.run.view.at;
      }
      if (seen !== this.seen) this.go(seen);
      if (this.run.isLatest) this.pause();
      else this.frame = requestAnimationFrame(turn);
    };
    this.frame = requestAnimationFrame(turn);
  }
}
