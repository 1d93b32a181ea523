/** The moment that a heavy panel shows: not more often than eyes follow, and not while hidden. */

import { untrack } from 'svelte';
import type { RunView } from '$lib/domain/view';
import type { RunStore } from '$lib/state/run.svelte';

const WHILE_RUNNING = 200;

/** Call while a component is set up; `run` and `isShown` are read again whenever they change. */
export function calmView(run: () => RunStore, isShown: () => boolean): { readonly view: RunView } {
  let shown = $state.raw<RunView>(untrack(() => run().view));
  let timer: ReturnType<typeof setTimeout> | undefined;

  $effect(() => {
    if (!isShown()) return;
    const store = run();
    const next = store.view;
    const isBusy = store.isLatest && store.isRunning;
    if (isBusy && untrack(() => shown.runId) === next.runId) {
      timer ??= setTimeout(() => {
        timer = undefined;
        shown = run().view;
      }, WHILE_RUNNING);
    } else {
      clearTimeout(timer);
      timer = undefined;
      shown = next;
    }
  });
  $effect(() => () => clearTimeout(timer));

  return {
    get view() {
      return shown;
    }
  };
}
