/** One run on the page: its log, what is shown of it, and the connection that brings more. */

import type { Api, NBestText, RunResult } from '$lib/api/client';
import { ApiError } from '$lib/api/client';
import { follow } from '$lib/api/stream';
import type { RunEvent } from '$lib/domain/events';
import { chainOf } from '$lib/domain/paths';
import { RunLog } from '$lib/domain/run_log';
import type { RunView } from '$lib/domain/view';

export type RunStatus =
  /** waiting for the first event */
  | 'opening'
  | 'live'
  /** the connection is lost; another try follows */
  | 'reconnecting'
  /** all there is has been read */
  | 'ended'
  /** nothing more will come, and not all is there */
  | 'broken';

/** Call at the next frame, or soon where the page is hidden and no frames come. */
function nextFrame(run: () => void): void {
  if (typeof requestAnimationFrame === 'function' && !document.hidden) requestAnimationFrame(run);
  else setTimeout(run, 100);
}

export class RunStore {
  readonly log = new RunLog();

  status = $state<RunStatus>('opening');
  /** The newest moment. */
  live = $state.raw<RunView>(this.log.now());
  /** What is known once the run has ended: the n best texts, timings, costs. */
  result = $state.raw<RunResult | null>(null);
  /** How many events are shown; null for all there are. */
  seen = $state<number | null>(null);
  /** Which of the n best texts is shown; 0 is the best. */
  path = $state(0);
  problem = $state<string | null>(null);
  cancelling = $state(false);

  /** The moment that is shown. */
  readonly view = $derived.by<RunView>(() => {
    const live = this.live;
    return this.seen === null || this.seen >= live.seen ? live : this.log.at(this.seen);
  });

  readonly isLatest = $derived(this.seen === null || this.seen >= this.live.seen);

  readonly nBest = $derived<readonly NBestText[]>(this.result?.n_best ?? []);

  /** For each step number the candidate on the path that is shown, -1 for none. */
  readonly chain = $derived.by<readonly number[]>(() => {
    const chosen = this.nBest[this.path];
    if (this.path === 0 || !chosen || !this.isLatest) return this.view.chain;
    return chainOf(this.view, chosen.token_ids) ?? this.view.chain;
  });

  readonly isRunning = $derived(this.status !== 'broken' && this.live.ending === null);

  private waiting: RunEvent[] = [];
  private isFlushing = false;
  private leave: () => void = () => {};

  constructor(
    readonly id: string,
    private readonly api: Api | null
  ) {}

  /** A run from a file: all its events at once, and no service behind it. */
  static kept(id: string, events: readonly RunEvent[], result: RunResult | null): RunStore {
    const store = new RunStore(id, null);
    for (const event of events) store.log.append(event);
    store.live = store.log.now();
    store.result = result;
    store.status = 'ended';
    return store;
  }

  get isKept(): boolean {
    return this.api === null;
  }

  /** Read the run's events from where the log ends. */
  connect(): void {
    const api = this.api;
    if (!api) return;
    this.leave();
    this.leave = follow(api, this.id, this.log.newest, {
      told: (events) => this.take(events),
      connected: () => {
        this.status = 'live';
        this.problem = null;
      },
      lost: (reason) => {
        this.status = 'reconnecting';
        this.problem = reason;
      },
      ended: (error) => {
        this.flush();
        this.status = error ? 'broken' : 'ended';
        this.problem = error?.message ?? null;
        if (!error) void this.complete();
      }
    });
  }

  /** Stop reading; what is there stays. */
  close(): void {
    this.leave();
  }

  /** Ask the service to stop after the step under way; what is decoded stays. */
  async cancel(): Promise<void> {
    if (!this.api || !this.isRunning || this.cancelling) return;
    this.cancelling = true;
    try {
      await this.api.cancel(this.id);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.cancelling = false;
    }
  }

  private take(events: readonly RunEvent[]): void {
    this.waiting.push(...events);
    if (this.isFlushing) return;
    this.isFlushing = true;
    nextFrame(() => this.flush());
  }

  /** Show what has come since the last frame. */
  private flush(): void {
    this.isFlushing = false;
    const events = this.waiting;
    this.waiting = [];
    let isChanged = false;
    for (const event of events) isChanged = this.log.append(event) || isChanged;
    if (isChanged) this.live = this.log.now();
  }

  private async complete(): Promise<void> {
    try {
      this.result = (await this.api!.run(this.id)).result;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.problem = `The run is complete; its n best texts could not be read: ${error.message}`;
    }
  }
}
