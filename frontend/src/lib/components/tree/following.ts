/** Whether a view goes with a run's newest step, or stands at its beginning. */

import type { App } from '$lib/state/app.svelte';
import type { RunStore } from '$lib/state/run.svelte';

export class Following {
  private hasFollowed = false;
  private readonly opened = performance.now();

  constructor(
    private readonly app: App,
    private readonly run: RunStore
  ) {}

  /** Where to go now: to the end of a run that grows, back to the beginning of one that was read. */
  next(): 'end' | 'beginning' | null {
    if (this.isLive()) {
      this.hasFollowed = true;
      return 'end';
    }
    const isRead = this.hasFollowed && !this.run.isRunning && this.wasRead();
    if (!this.run.isRunning) this.hasFollowed = false;
    return isRead ? 'beginning' : null;
  }

  /** Whether the run is being decoded; the list knows of one that is only being read. */
  private isLive(): boolean {
    const known = this.app.runs.find((one) => one.run_id === this.run.id);
    const isPast = known && known.state !== 'running' && known.state !== 'queued';
    return this.run.isRunning && !isPast;
  }

  /** An old run comes faster than it was decoded. */
  private wasRead(): boolean {
    return performance.now() - this.opened < this.run.live.at / 2;
  }
}
