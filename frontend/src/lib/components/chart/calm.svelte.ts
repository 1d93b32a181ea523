/** The moment that a heavy panel shows: not more often than eyes follow, and not while hidden. */

import { untrack } from 'svelte';
import type { RunView } from '$lib/domain/view';
import type { RunStore } from '$lib/state/run.svelte';

const WHILE_RUNNING = 200;
/** Moments of a replay that follow each other faster than this are not all shown. */
const WHILE_MOVING = 120;

/** Call while a component is set up; `run` and `isShown` are read again whenever they change. */
export function calmView(run: () => RunStore, isShown: () => boolean): { readonly view: RunView } {
  let shown = $state.raw<RunView>(untrack(() => run().view));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let before = -Infinity;

  function show(view: RunView): void {
    clearTimeout(timer);
    timer = undefined;
    before = performance.now();
    shown = view;
  }

  $effect(() => {
    if (!isShown()) return;
    const store = run();
    const next = store.view;
    const least = store.isLatest && store.isRunning ? WHILE_RUNNING : WHILE_MOVING;
    const wait = before + least - performance.now();
    if (wait > 0 && untrack(() => shown.runId) === next.runId) {
      timer ??= setTimeout(() => show(run().view), wait);
    } else show(next);
  });
  $effect(() => () => clearTimeout(timer));

  return {
    get view() {
      return shown;
    }
  };
}
