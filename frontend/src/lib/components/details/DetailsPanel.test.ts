import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { expect, test, vi } from 'vitest';
import { syntheticRun } from '../../../../tests/synthetic';
import WithApp from '../../../../tests/WithApp.svelte';
import { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';
import DetailsPanel from './DetailsPanel.svelte';

function shown(steps = 24) {
  const app = new App();
  app.tab = 'details';
  const run = RunStore.kept('kept', syntheticRun(steps), null);
  render(WithApp, { app, run, part: DetailsPanel });
  return { app, run };
}

// jsdom takes its time over tables and pictures.
vi.setConfig({ testTimeout: 30_000 });

// By what they are in the page: asking for roles takes seconds over a long table.
const all = (selector: string, of: ParentNode = document): HTMLElement[] => [
  ...of.querySelectorAll<HTMLElement>(selector)
];
const steps = (): number[] => all('[data-step]').map((row) => Number(row.dataset.step));
const row = (step: number): HTMLElement => all(`[data-step="${step}"]`)[0]!;
const cells = (step: number): string[] =>
  all('td', row(step)).map((cell) => cell.textContent!.replace(/\s+/g, ' ').trim());
const stepButton = (step: number): HTMLElement => all('[data-pin]', row(step))[0]!;

test('a row says what its step holds, and which token fell when', () => {
  shown();
  expect(cells(0)[0]).toContain('the');
  expect(cells(0).slice(1, 4)).toEqual(['60.0 %', '0.86', '1']);
  expect(cells(0)[4]).toBe('1: ␣little at 3');
  expect(stepButton(0)).toHaveAccessibleName('Step 0');
});

test('a header sorts its column, and says in which direction', async () => {
  shown();
  const header = screen.getByRole('columnheader', { name: /Entropy/ });
  await userEvent.click(within(header).getByRole('button'));
  expect(header).toHaveAttribute('aria-sort', 'descending');
  const most = syntheticRun(24).reduce(
    (found, event) =>
      event.type === 'step.appended' && event.entropy > found.entropy ? event : found,
    { entropy: -1, step: -1 }
  );
  expect(steps()[0]).toBe(most.step);
  await userEvent.click(within(header).getByRole('button'));
  expect(header).toHaveAttribute('aria-sort', 'ascending');
  expect(steps()[0]).not.toBe(most.step);
});

test('filter and search leave the steps that meet both, and say how many', async () => {
  shown();
  await userEvent.click(screen.getByText('Several kept'));
  expect(screen.getByRole('status')).toHaveTextContent('1 of 24 steps');
  expect(steps()).toEqual([21]);
  await userEvent.click(screen.getByText('With prunings'));
  await userEvent.type(screen.getByRole('searchbox'), 'the little fo');
  expect(steps()).toEqual([0, 12]);
});

test('long tables have pages, and the step in focus elsewhere brings its page', async () => {
  const { app } = shown(250);
  const brought: Element[] = [];
  Element.prototype.scrollIntoView = function () {
    brought.push(this);
  };
  expect(steps()).toHaveLength(100);
  await userEvent.click(screen.getByText('Last'));
  expect(steps()[0]).toBe(200);
  app.step = 120;
  await tick();
  await tick();
  expect(row(120)).toHaveAttribute('aria-current', 'true');
  expect(brought).toEqual([row(120)]);
});

test('Enter on a step, or a click on its row, pins the card of its token', async () => {
  const { app, run } = shown();
  stepButton(4).focus();
  await userEvent.keyboard('{Enter}');
  expect(app.card).toMatchObject({ run, step: 4, index: 0, pinned: true });
  await userEvent.keyboard('{ArrowDown}');
  expect(stepButton(5)).toHaveFocus();
  await userEvent.click(all('td', row(7))[2]!);
  expect(app.card).toMatchObject({ step: 7, anchor: stepButton(7) });
  expect(app.step).toBe(7);
});

test('a row opens to all its candidates, with state and reason', async () => {
  shown();
  const button = screen.getByLabelText('Candidates of step 3');
  await userEvent.click(button);
  expect(button).toHaveAttribute('aria-expanded', 'true');
  const lines = all(`#${button.getAttribute('aria-controls')!} tbody tr`);
  expect(lines).toHaveLength(4);
  expect(lines[1]).toHaveTextContent(/pruned at step 6: posterior/);
  expect(lines[2]).toHaveTextContent('below the threshold');
});

test('the table follows the moment shown', async () => {
  const { run } = shown();
  expect(cells(0)[4]).not.toBe('0');
  run.seen = 5;
  await tick();
  await tick();
  await expect.poll(steps).toEqual([0, 1, 2, 3]);
  expect(cells(0)[4]).toBe('0');
});

test('the facts of the run are there', () => {
  shown();
  expect(screen.getByText('embedded')).toBeVisible();
  expect(screen.getByText(/^ended: all steps are done$/)).toBeVisible();
  expect(screen.getByText('2.0 ms')).toBeVisible();
});
