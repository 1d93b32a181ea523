import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { expect, test, vi } from 'vitest';
import Harness from '../../../../tests/Harness.svelte';
import { fakeApi, NOTHING_WRONG } from '../../../../tests/fake_api';
import { RUNS } from '../../../../tests/fixtures/runs';
import type { Api, RunSummary } from '$lib/api/client';
import type { RunEvent } from '$lib/domain/events';
import { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';
import ComparePanel from './ComparePanel.svelte';

const { events } = RUNS.pruned;

const summary = (run_id: string, more: Partial<RunSummary> = {}): RunSummary => ({
  run_id,
  state: 'finished',
  asked_at: 1,
  ended_at: 2,
  prompt: 'a prompt',
  parent: null,
  forked_at: null,
  stored: true,
  ...more
});

/** The run with another token at a step of its text, and another setting. */
function diverted(id: number): RunEvent[] {
  const found = structuredClone(events);
  const [, , third] = found.filter((one) => one.type === 'step.appended');
  const change = third!.chain_changes.find((one) => one.step === third!.step);
  Object.assign(third!.candidates[change!.to!]!, { id, text: '<b>else</b>', bytes: null });
  for (const one of found) {
    if (one.type === 'run.started') one.settings = { ...one.settings, superposition: 'uniform' };
  }
  return found
    .filter((one) => one.type !== 'candidates.pruned')
    .map((one, seq) => ({ ...one, seq }));
}

const unpruned = events
  .filter((one) => one.type !== 'candidates.pruned')
  .map((one, seq) => ({ ...one, seq }));

async function panel(other: RunEvent[] | null, given: Partial<Api> = {}): Promise<App> {
  const app = new App(fakeApi(given));
  await app.connection.open();
  const run = RunStore.kept('one', unpruned, null);
  app.show(run);
  if (other) app.beside = RunStore.kept('two', other, null);
  app.tab = 'compare';
  render(Harness, { app, part: ComparePanel, given: { run } });
  await tick();
  return app;
}

test('two runs are the same up to the first difference, and both differing texts stand behind it', async () => {
  const app = await panel(diverted(9999));
  expect(screen.getByText(/The same for 2 tokens, then they differ/)).toBeVisible();
  expect(screen.getByText('the same prompt')).toBeVisible();
  const marks = [...document.querySelectorAll('article.other mark')];
  expect(marks.map((one) => one.textContent).join('')).toContain('<b>else</b>');
  await userEvent.click(screen.getByRole('button', { name: /Go to step/ }));
  expect(app.step).toBe(2);
});

test('settings that differ and figures stand side by side', async () => {
  await panel(diverted(9999));
  const settings = screen.getByRole('region', { name: 'Settings that differ' });
  expect(within(settings).getByRole('row', { name: /superposition/ })).toHaveTextContent(
    /lineage\s*uniform/
  );
  const figures = screen.getByRole('region', { name: 'Figures' });
  expect(within(figures).getByRole('row', { name: /Steps/ })).toHaveTextContent(/\d+\s*\d+/);
});

test('the cursor is that of the whole page', async () => {
  const app = await panel(diverted(9999));
  const slider = screen.getByRole('slider', { name: 'Step' }) as HTMLInputElement;
  slider.value = '3';
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  expect(app.step).toBe(3);
  await tick();
  expect(slider).toHaveAttribute(
    'aria-valuetext',
    expect.stringMatching(/^Step 3: this run [\d.]+ nats/)
  );
});

test('equal runs are said to be equal', async () => {
  await panel(unpruned);
  expect(screen.getByText(/The same for all \d+ tokens/)).toBeVisible();
  expect(screen.getByText('Both ran under the same settings.')).toBeVisible();
});

test('a run can be asked for again with one setting changed, without what then has no effect', async () => {
  const begun: unknown[] = [];
  const app = await panel(null, {
    check: (settings) =>
      Promise.resolve({
        ...NOTHING_WRONG,
        without_effect:
          settings.superposition === 'uniform' ? [{ field: 'max_width', needs: 'nothing' }] : []
      }),
    begin: (prompt, settings) => {
      begun.push([prompt, settings]);
      return Promise.resolve('second');
    }
  });
  await userEvent.click(screen.getByRole('button', { name: /^Run again with .*uniform/ }));
  await vi.waitFor(() => expect(app.beside?.id).toBe('second'));
  const [[prompt, settings]] = begun as [[string, Record<string, unknown>]];
  expect(prompt).toBe(app.run!.live.prompt.text);
  expect(settings.superposition).toBe('uniform');
  expect(settings).not.toHaveProperty('max_width');
  app.beside!.close();
});

test('the parent of a fork is offered first', async () => {
  const app = await panel(null);
  const fork = structuredClone(unpruned);
  Object.assign(fork[0]!, { parent: { run_id: 'p', step: 1, token_id: 2 } });
  app.runs = [summary('p'), summary('x', { parent: { run_id: 'p', step: 4, token_id: 1 } })];
  await tick();
  expect(screen.getByRole('option', { name: /a prompt · fork at step 4/ })).toBeInTheDocument();
  const run = RunStore.kept('fork', fork, null);
  app.show(run);
  render(Harness, { app, part: ComparePanel, given: { run } });
  expect(screen.getByRole('button', { name: 'Compare with its parent' })).toBeVisible();
});
