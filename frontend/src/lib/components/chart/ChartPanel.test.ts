import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { expect, test, vi } from 'vitest';
import { syntheticRun } from '../../../../tests/synthetic';
import WithApp from '../../../../tests/WithApp.svelte';
import { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';
import ChartPanel from './ChartPanel.svelte';

// jsdom takes its time over tables and pictures.
vi.setConfig({ testTimeout: 30_000 });

const events = syntheticRun(30);
const NAMES = [
  'Entropy',
  'Width',
  'Probability mass',
  'Selection threshold',
  'Prunings',
  'Pruning scores',
  'Speed'
];

const slider = (figure: HTMLElement): HTMLElement => figure.querySelector('[role=slider]')!;

function shown() {
  const app = new App();
  app.api.check = () => Promise.resolve({ errors: [], without_effect: [], curve: null });
  app.tab = 'chart';
  const run = RunStore.kept('kept', events, null);
  render(WithApp, { app, run, part: ChartPanel });
  // Asking for roles takes long where there are many elements.
  const figure = (name: string): HTMLElement =>
    screen.getByText(name, { selector: 'h3' }).closest('figure')!;
  return { app, run, figure };
}

test('every chart says what to look for and can be read as a table', async () => {
  const { figure } = shown();
  for (const name of NAMES) {
    expect(figure(name)).toHaveAccessibleName(name);
    expect(figure(name)).toHaveAccessibleDescription(/\w+ .*\.$/);
    await userEvent.click(within(figure(name)).getByText('View as table'));
    expect(figure(name).querySelector('caption')).toHaveTextContent(name);
    expect(figure(name).querySelectorAll('tbody tr').length).toBeGreaterThan(2);
    expect(figure(name).querySelector('svg')).toBeNull();
  }
});

test('arrow keys in one chart move the step of the page, and every chart says it', async () => {
  const { app, figure } = shown();
  const handle = slider(figure('Entropy'));
  handle.focus();
  await userEvent.keyboard('{Home}{ArrowRight}{ArrowRight}{PageUp}');
  expect(app.step).toBe(12);
  for (const name of NAMES.filter((one) => one !== 'Pruning scores')) {
    expect(slider(figure(name))).toHaveAttribute(
      'aria-valuetext',
      expect.stringMatching(/^step 12: ./)
    );
  }
  await userEvent.keyboard('{End}');
  expect(app.step).toBe(29);
});

test('Enter pins the card of the token that is shown, and its closing gives the focus back', async () => {
  const { app, figure } = shown();
  const handle = slider(figure('Width'));
  handle.focus();
  await userEvent.keyboard('{Home}{Enter}');
  expect(app.card).toMatchObject({ step: 0, index: 0, pinned: true });
  app.closeCard();
  expect(handle).toHaveFocus();
});

test('the charts follow the moment shown, and their axes stay', async () => {
  const { run, figure } = shown();
  const width = () => slider(figure('Width'));
  expect(width()).toHaveAttribute('aria-valuemax', '29');
  const axis = () => figure('Width').querySelector('svg')!.textContent;
  const before = axis();
  run.seen = 20;
  await tick();
  await tick();
  await expect
    .poll(() => width().getAttribute('aria-valuemax'))
    .toBe(String(run.view.steps.length - 1));
  expect(axis()).toBe(before);
});

test('a run without prunings says how to have some', async () => {
  const { run, figure } = shown();
  run.seen = 3;
  await tick();
  await tick();
  await expect
    .poll(() => figure('Prunings').textContent)
    .toContain('Retroactive pruning is a setting');
  expect(figure('Pruning scores')).toHaveTextContent('nothing has been judged');
});
