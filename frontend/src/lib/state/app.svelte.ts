/** Everything that the page's parts share. A part gets it by `getApp()`. */

import { getContext, setContext } from 'svelte';
import { ApiError, createApi, type Api, type RunSummary } from '$lib/api/client';
import {
  readPlace,
  START,
  writePlace,
  type Place,
  type Tab,
  type Tint
} from '$lib/domain/permalink';
import { Connection } from './connection.svelte';
import { keep, kept } from './keeping';
import { RunStore } from './run.svelte';
import { SettingsStore } from './settings.svelte';

export interface Toast {
  id: number;
  kind: 'info' | 'error';
  text: string;
  /** what can be done about it */
  action: { label: string; run: () => void } | null;
}

/** The card of one candidate: opened by hover, focus or tap, pinned by a click. */
export interface Card {
  run: RunStore;
  step: number;
  index: number;
  anchor: HTMLElement | SVGElement;
  pinned: boolean;
}

const PROMPT = 'tempo.prompt';
const HOVER_OPENS = 80;
const HOVER_CLOSES = 250;
const TOAST_STAYS = 8_000;

export class App {
  readonly api: Api;
  readonly connection: Connection;
  readonly settings: SettingsStore;

  prompt = $state(kept(PROMPT, 'Once upon a time there was a little fox who'));
  /** The run that is shown. */
  run = $state.raw<RunStore | null>(null);
  /** The run beside it, in the comparison. */
  beside = $state.raw<RunStore | null>(null);
  runs = $state.raw<readonly RunSummary[]>([]);
  /** Where the list of runs goes on; null where all are there. */
  olderRuns = $state<number | null>(null);
  isBeginning = $state(false);

  tab = $state<Tab>(START.tab);
  tint = $state<Tint>(START.tint);
  bracketed = $state(START.bracketed);
  /** The step in focus, the same in every panel; null for none. */
  step = $state<number | null>(null);
  card = $state.raw<Card | null>(null);
  toasts = $state.raw<readonly Toast[]>([]);
  /** What a screen reader is told. */
  announcement = $state('');

  /** Why no run can begin now, in words; null where one can. */
  readonly blocked = $derived.by<string | null>(() => {
    if (this.connection.status === 'loading') return 'The model is being loaded.';
    if (this.connection.status !== 'ready') return 'The service is not there yet.';
    if (this.prompt.trim() === '') return 'Write a prompt first.';
    const bytes = new TextEncoder().encode(this.prompt).length;
    const most = this.settings.limits.max_prompt_bytes ?? Infinity;
    if (bytes > most) return `The prompt has ${bytes} bytes; this service takes ${most}.`;
    return this.settings.isValid ? null : 'A setting is wrong.';
  });

  private toastNumber = 0;
  private hover: ReturnType<typeof setTimeout> | undefined;

  constructor(api?: Api) {
    this.connection = new Connection(() => this.opened());
    this.api = api ?? createApi(() => this.connection.token);
    this.connection.api = this.api;
    this.settings = new SettingsStore(this.api);
  }

  // Runs ---------------------------------------------------------------------------------------

  /** Begin a run with the prompt and the settings of the form. */
  async generate(): Promise<void> {
    await this.settings.settled();
    if (this.blocked !== null) this.announcement = this.blocked;
    if (this.isBeginning || this.blocked !== null) return;
    keep(PROMPT, this.prompt);
    this.settings.refused = null;
    await this.begin(() => this.api.begin(this.prompt, this.settings.sent()));
  }

  /** Go on from a candidate, as a run of its own. */
  async fork(run: RunStore, step: number, index: number): Promise<void> {
    const candidate = run.view.steps[step]?.candidates[index];
    if (!candidate || run.isKept || this.isBeginning) return;
    this.card = null;
    const shown = this.run;
    await this.begin(() => this.api.fork(run.id, step, candidate.id));
    if (this.run !== shown) this.step = step;
  }

  private async begin(ask: () => Promise<string>): Promise<void> {
    this.isBeginning = true;
    try {
      this.show(this.opening(await ask()));
      this.announcement = 'Generation started.';
      await this.refresh();
    } catch (error) {
      const words = this.connection.note(error);
      if (error instanceof ApiError && error.status === 422) this.settings.refused = words;
      else this.tell('error', words, { label: 'Try again', run: () => void this.begin(ask) });
    } finally {
      this.isBeginning = false;
    }
  }

  private opening(id: string): RunStore {
    const store = new RunStore(id, this.api);
    store.connect();
    return store;
  }

  /** Show a run, in place of the one that was shown. */
  show(run: RunStore): void {
    if (this.run !== run) this.run?.close();
    this.run = run;
    this.card = null;
    this.step = null;
  }

  /** Open a run of the service by its id. */
  open(id: string): void {
    if (this.run?.id !== id) this.show(this.opening(id));
  }

  /** Put a run beside the one that is shown; null for none. */
  compareWith(id: string | null): void {
    if (this.beside?.id === id) return;
    this.beside?.close();
    this.beside = id === null ? null : this.opening(id);
  }

  async refresh(): Promise<void> {
    try {
      const { runs, before } = await this.api.runs();
      const older = before === null ? [] : this.runs.filter((run) => run.asked_at < before);
      this.runs = [...runs, ...older];
      if (older.length === 0) this.olderRuns = before;
    } catch (error) {
      this.connection.note(error);
    }
  }

  /** Read the next older runs of the list. */
  async moreRuns(): Promise<void> {
    if (this.olderRuns === null) return;
    try {
      const { runs, before } = await this.api.runs(this.olderRuns);
      const isNew = (run: RunSummary) => this.runs.every((known) => known.run_id !== run.run_id);
      this.runs = [...this.runs, ...runs.filter(isNew)];
      this.olderRuns = before;
    } catch (error) {
      this.tell('error', this.connection.note(error));
    }
  }

  private async opened(): Promise<void> {
    await this.settings.load();
    await this.refresh();
    if (this.run?.status === 'broken') this.run.connect();
  }

  // The card -----------------------------------------------------------------------------------

  /** Open a candidate's card soon; one that is pinned stays. */
  point(run: RunStore, step: number, index: number, anchor: HTMLElement | SVGElement): void {
    clearTimeout(this.hover);
    if (this.card?.pinned) return;
    this.hover = setTimeout(() => {
      this.card = { run, step, index, anchor, pinned: false };
      this.step = step;
    }, HOVER_OPENS);
  }

  /** Close the card soon, unless it is pinned or pointed at again. */
  unpoint(): void {
    clearTimeout(this.hover);
    if (this.card?.pinned) return;
    this.hover = setTimeout(() => (this.card = null), HOVER_CLOSES);
  }

  /** Keep the card open as it is pointed at. */
  hold(): void {
    clearTimeout(this.hover);
  }

  /** Open a candidate's card and keep it open. */
  pin(run: RunStore, step: number, index: number, anchor: HTMLElement | SVGElement): void {
    clearTimeout(this.hover);
    this.card = { run, step, index, anchor, pinned: true };
    this.step = step;
  }

  /** Close the card, and give the focus back to what it was opened from. */
  closeCard(): void {
    clearTimeout(this.hover);
    const card = this.card;
    this.card = null;
    if (card?.pinned) card.anchor.focus({ preventScroll: true });
    clearTimeout(this.hover); // the focus would open it again
  }

  // Words --------------------------------------------------------------------------------------

  tell(kind: Toast['kind'], text: string, action: Toast['action'] = null): void {
    const toast = { id: ++this.toastNumber, kind, text, action };
    this.toasts = [...this.toasts.slice(-3), toast];
    if (kind === 'info') setTimeout(() => this.dismiss(toast.id), TOAST_STAYS);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((one) => one.id !== id);
  }

  // The address --------------------------------------------------------------------------------

  get place(): Place {
    return {
      run: this.run && !this.run.isKept ? this.run.id : null,
      tab: this.tab,
      step: this.step,
      compare: this.beside && !this.beside.isKept ? this.beside.id : null,
      seen: this.run?.isLatest === false ? this.run.seen : null,
      tint: this.tint,
      bracketed: this.bracketed,
      path: this.run?.path ?? 0
    };
  }

  get link(): string {
    return writePlace(this.place);
  }

  /** Go to what an address says. */
  visit(fragment: string): void {
    const place = readPlace(fragment);
    if (place.run !== null) this.open(place.run);
    this.tab = place.tab;
    this.tint = place.tint;
    this.bracketed = place.bracketed;
    this.step = place.step;
    this.compareWith(place.compare);
    if (this.run && place.run !== null) {
      this.run.seen = place.seen;
      this.run.path = place.path;
    }
  }
}

const KEY = Symbol('app');

export const setApp = (app: App): App => setContext(KEY, app);
export const getApp = (): App => getContext<App>(KEY);
