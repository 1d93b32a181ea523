import { expect, test } from 'vitest';
import type { RunSummary } from '$lib/api/client';
import type { App } from '$lib/state/app.svelte';
import type { RunStore } from '$lib/state/run.svelte';
import { Following } from './following';

function begun(state?: string) {
  const run = { id: 'r', isRunning: true, live: { at: 0 } };
  const runs = state ? [{ run_id: 'r', state } as RunSummary] : [];
  return { run, following: new Following({ runs } as unknown as App, run as unknown as RunStore) };
}

test('a run that grows is followed to its end, and stays there', () => {
  for (const state of ['running', 'queued', undefined]) {
    const { run, following } = begun(state);
    expect(following.next()).toBe('end');
    run.isRunning = false;
    expect(following.next()).toBeNull();
  }
});

test('an old run that is only read is shown from its beginning', () => {
  const { run, following } = begun();
  expect(following.next()).toBe('end');
  Object.assign(run, { isRunning: false, live: { at: 60_000 } });
  expect(following.next()).toBe('beginning');
  expect(following.next()).toBeNull();
  expect(begun('finished').following.next()).toBeNull();
});
