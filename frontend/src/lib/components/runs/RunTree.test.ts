import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import type { Component } from 'svelte';
import { expect, test, vi } from 'vitest';
import WithApp from '../../../../tests/WithApp.svelte';
import type { Api, RunState, RunSummary } from '$lib/api/client';
import { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';
import RunTree from './RunTree.svelte';

const run = (id: string, state: RunState, asked_at: number, parent?: string): RunSummary => ({
  run_id: id,
  state,
  asked_at,
  ended_at: null,
  prompt: `prompt ${id}`,
  parent: parent ? { run_id: parent, step: 3, token_id: 1 } : null,
  forked_at: parent ? 3 : null,
  stored: true
});

async function shown(runs: RunSummary[], older: RunSummary[] = []) {
  const answer = (before?: number) =>
    Promise.resolve(
      before === undefined
        ? { runs, before: older.length ? 2 : null }
        : { runs: older, before: null }
    );
  const app = new App({ runs: vi.fn(answer) } as unknown as Api);
  await app.refresh();
  app.run = RunStore.kept('a', [], null);
  app.open = vi.fn();
  app.compareWith = vi.fn();
  render(WithApp, { app, run: app.run, part: RunTree as unknown as Component<{ run: RunStore }> });
  return app;
}

test('without runs it says what will be here', async () => {
  await shown([]);
  expect(screen.getByText(/No runs yet/)).toBeVisible();
});

test('runs say where they stand, and forks stand under their runs', async () => {
  await shown([run('b', 'failed', 3), run('c', 'finished', 2.5, 'a'), run('a', 'interrupted', 2)]);
  const rows = screen.getAllByRole('button', { name: /✓|✕|!|failed|finished|interrupted/ });
  expect(rows.map((row) => row.textContent.replace(/\s+/g, ' ').trim())).toEqual([
    expect.stringMatching(/^prompt b .*failed/),
    expect.stringMatching(/^prompt a .*interrupted/),
    expect.stringMatching(/^fork at step 3 .*finished/)
  ]);
  expect(rows[1]).toHaveAttribute('aria-current', 'true');
  expect(rows[0]).not.toHaveAttribute('aria-current');
  await userEvent.click(screen.getByRole('button', { name: /^Forks of this run/ }));
  expect(screen.queryByText('fork at step 3')).toBeNull();
});

test('a click opens, a second action compares', async () => {
  const app = await shown([run('b', 'finished', 3), run('a', 'finished', 2)]);
  await userEvent.click(screen.getByRole('button', { name: /^prompt b/ }));
  expect(app.open).toHaveBeenCalledWith('b');
  expect(screen.getAllByRole('button', { name: /^Compare/ })).toHaveLength(1);
  await userEvent.click(screen.getByRole('button', { name: /^Compare with: prompt b/ }));
  expect(app.compareWith).toHaveBeenCalledWith('b');
  expect(app.tab).toBe('compare');
});

test('older runs come when asked for, and stay when the list is read again', async () => {
  const app = await shown([run('a', 'finished', 2)], [run('old', 'cancelled', 1)]);
  await userEvent.click(screen.getByRole('button', { name: 'Show older runs' }));
  expect(screen.getByText('prompt old')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Show older runs' })).toBeNull();
  await app.refresh();
  expect(app.runs.map((one) => one.run_id)).toEqual(['a', 'old']);
  expect(app.olderRuns).toBeNull();
});
