import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { expect, test } from 'vitest';
import { syntheticRun } from '../../../../tests/synthetic';
import WithApp from '../../../../tests/WithApp.svelte';
import { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';
import TreePanel from './TreePanel.svelte';

async function shown() {
  const app = new App();
  app.tab = 'tree';
  const run = RunStore.kept('kept', syntheticRun(12), null);
  render(WithApp, { app, run, part: TreePanel });
  await tick();
  const lattice = screen.getByRole('group', { name: /lattice of the run/i });
  return { app, run, lattice, press: (keys: string) => userEvent.keyboard(keys) };
}

const names = (lattice: HTMLElement): string[] =>
  within(lattice)
    .getAllByRole('button')
    .map((one) => one.getAttribute('aria-label')!);

test('boxes say their token, how probable it was, and where it stands', async () => {
  const { lattice } = await shown();
  expect(names(lattice).slice(0, 4)).toEqual([
    'Prompt: Once',
    'the, 60.0 %, on the best path, step 0',
    'little, 20.0 %, pruned at step 3, step 0',
    '2 steps with one candidate each, 1–2: ␣little fox'
  ]);
  expect(lattice.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
});

test('a run of single candidates opens, and all of them close', async () => {
  const { lattice } = await shown();
  await fireEvent.click(within(lattice).getByRole('button', { name: /, 1–2/ }));
  expect(names(lattice)).toContain('little, 60.0 %, on the best path, step 1');
  await fireEvent.click(within(lattice).getByRole('button', { name: /^Close this run/ }));
  expect(names(lattice)).not.toContain('little, 60.0 %, on the best path, step 1');
  await userEvent.click(screen.getByRole('button', { name: /^Expand all/ }));
  expect(names(lattice)).toContain('fox, 60.0 %, on the best path, step 2');
});

test('the keyboard moves the one tab stop, and Enter pins the card', async () => {
  const { app, lattice, press } = await shown();
  lattice.querySelector<SVGElement>('[tabindex="0"]')!.focus();
  await press('{ArrowRight}');
  await waitFor(() => expect(document.activeElement).toHaveAccessibleName(/^the, .*step 0$/));
  await press('{ArrowDown}');
  await waitFor(() => expect(document.activeElement).toHaveAccessibleName(/^little, .*pruned/));
  await press('{Enter}');
  expect(app.card).toMatchObject({ step: 0, index: 1, pinned: true });
  expect(lattice.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
});

test('what was not kept is shown when asked for', async () => {
  const { lattice } = await shown();
  expect(names(lattice).some((name) => name.includes('not kept'))).toBe(false);
  await userEvent.click(screen.getByRole('button', { name: 'Not kept' }));
  expect(names(lattice).some((name) => name.includes('not kept'))).toBe(true);
});

test('an earlier moment shows what had not fallen yet', async () => {
  const { run, lattice } = await shown();
  run.seen = 3;
  await tick();
  expect(names(lattice)).toContain('little, 20.0 %, on the best path, step 0');
});

test('arrows move through the toolbar, which is one tab stop', async () => {
  await shown();
  const bar = screen.getByRole('toolbar');
  const tools = within(bar).getAllByRole('button');
  tools[0]!.focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(tools[1]).toHaveFocus();
  await userEvent.keyboard('{End}{ArrowRight}');
  expect(tools[0]).toHaveFocus();
  expect(tools.filter((tool) => tool.tabIndex === 0)).toHaveLength(1);
});
