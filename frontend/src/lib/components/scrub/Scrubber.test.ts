import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { expect, test } from 'vitest';
import { syntheticRun } from '../../../../tests/synthetic';
import WithApp from '../../../../tests/WithApp.svelte';
import { bestPath } from '$lib/domain/view';
import { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';
import Scrubber from './Scrubber.svelte';

const events = syntheticRun(40);
const pruning = events.find((event) => event.type === 'candidates.pruned')!;

function shown(run = RunStore.kept('kept', events, null)) {
  render(WithApp, { app: new App(), run, part: Scrubber });
  const slider = screen.getByRole('slider');
  slider.focus();
  return { run, slider, press: (keys: string) => userEvent.keyboard(keys) };
}

const textOf = (run: RunStore): string[] => bestPath(run.view).map((one) => one.candidate.text);

test('the slider says which event and which step it is at', async () => {
  const { run, slider } = shown();
  expect(slider).toHaveAttribute(
    'aria-valuetext',
    `event ${events.length} of ${events.length}, step 39`
  );
  run.seen = 1;
  await tick();
  expect(slider).toHaveAttribute('aria-valuetext', `event 1 of ${events.length}`);
});

test('arrows go one event, page keys ten steps, Home and End to the ends', async () => {
  const { run, press } = shown();
  await press('{ArrowLeft}');
  expect(run.view.seen).toBe(events.length - 1);
  await press('{PageDown}');
  expect(run.view.steps).toHaveLength(30);
  await press('{PageUp}');
  expect(run.view.steps).toHaveLength(40);
  await press('{Home}');
  expect(run.view.seen).toBe(1);
  await press('{ArrowUp}');
  expect(run.view.seen).toBe(2);
  await press('{End}');
  expect(run.seen).toBeNull();
});

test('one event back over a pruning, its token is in the text again', async () => {
  const { run, press } = shown();
  run.seen = pruning.seq + 1;
  await tick();
  const after = textOf(run);
  await press('{ArrowLeft}');
  const before = textOf(run);
  expect([before[0], after[0]]).toEqual([' little', ' the']);
  expect(before.slice(1)).toEqual(after.slice(1));
  await press('{ArrowRight}');
  expect(textOf(run)).toEqual(after);
});

test('what the event did is said in words', async () => {
  const { run } = shown();
  run.seen = pruning.seq + 1;
  await tick();
  expect(screen.getByText(/^Step 3 pruned .*little.* of step 0: posterior/)).toBeVisible();
});

test('a moment that is held stays while the run goes on, and Live comes back to the newest', async () => {
  const run = new RunStore('live', null);
  const tell = (from: number, to: number) => {
    for (const event of events.slice(from, to)) run.log.append(event);
    run.live = run.log.now();
  };
  tell(0, 20);
  shown(run);
  const live = screen.getByRole('button', { name: 'Live' });
  expect(live).toBeDisabled();
  await userEvent.click(screen.getByRole('button', { name: 'One event back' }));
  const held = run.view;
  tell(20, 30);
  await tick();
  expect(run.view).toBe(held);
  expect(run.view.seen).toBe(19);
  await userEvent.click(live);
  expect(run.view.seen).toBe(30);
  tell(30, 35);
  expect(run.view.seen).toBe(35);
});

test('playing begins at the start, goes on by itself and ends live', async () => {
  const { run } = shown();
  await userEvent.selectOptions(screen.getByLabelText('Speed of playing'), '250 events/s');
  await userEvent.click(screen.getByRole('button', { name: /^Play/ }));
  expect(run.isLatest).toBe(false);
  await expect.poll(() => run.isLatest, { timeout: 5000 }).toBe(true);
  expect(screen.getByRole('button', { name: /^Play/ })).toBeVisible();
});
