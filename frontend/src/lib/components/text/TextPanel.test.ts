import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { flushSync, tick } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { fakeApi } from '../../../../tests/fake_api';
import TextWithCard from '../../../../tests/TextWithCard.svelte';
import WithApp from '../../../../tests/WithApp.svelte';
import { ApiError, type Api, type NBestText, type RunResult } from '$lib/api/client';
import type { RunEvent } from '$lib/domain/events';
import { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';
import { told } from './samples';

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn();
  window.matchMedia = vi.fn(() => ({ matches: false }) as MediaQueryList);
  localStorage.clear();
});

const below = (text: string, p = 0.01) => ({ text, p, state: 'below_threshold' as const });
const STORY = [
  [' lived', ' was', below(' had')],
  [' here'],
  ['\n', '.'],
  [' <script>alert(1)</script>'],
  [{ text: '�', bytes: '8J8=' }, ' a'],
  [{ text: '�', bytes: 'poo=' }],
  ['\u202eabc', ' x']
];

/** A run of the service that has read these events. */
function live(events: readonly RunEvent[], result: RunResult | null = null): RunStore {
  const run = new RunStore('run', fakeApi());
  for (const event of events) run.log.append(event);
  run.live = run.log.now();
  run.result = result;
  if (run.live.ending) run.status = 'ended';
  return run;
}

function more(run: RunStore, events: readonly RunEvent[]): void {
  for (const event of events) run.log.append(event);
  run.live = run.log.now();
  flushSync();
}

function shown(run: RunStore, api: Partial<Api> = {}) {
  const app = new App(fakeApi(api));
  app.run = run;
  const { container } = render(WithApp, { app, run, part: TextWithCard });
  const text = container.querySelector<HTMLElement>('.text')!;
  return {
    app,
    text,
    user: userEvent.setup(),
    stops: () => text.querySelectorAll('[tabindex="0"]')
  };
}

const token = (step: number): HTMLElement => document.getElementById(`text-${step}`)!;
const card = (): HTMLElement | null => document.querySelector('.token-card');

test('the text is the prompt and the path, as text and nothing else', () => {
  const { text } = shown(live(told(STORY)));
  expect(text.textContent).toBe(
    'Once upon a time lived here\n <script>alert(1)</script>🦊⟨U+202E⟩abc'
  );
  expect(text.querySelector('script')).toBeNull();
  expect(text.querySelectorAll('.paragraph')).toHaveLength(2);
});

test('branching tokens alone are buttons, each has a name, and one token is a tab stop', () => {
  const { text, stops } = shown(live(told(STORY)));
  const buttons = within(text).getAllByRole('button');
  expect(buttons.map((one) => one.id)).toEqual(['text-0', 'text-2', 'text-4', 'text-6']);
  for (const one of buttons) expect(one).toHaveAccessibleName();
  expect(token(2)).toHaveAccessibleName('new line');
  expect(token(2).dataset.mark).toBe('⏎');
  expect(token(4)).toHaveAccessibleName('part of a character');
  expect([...stops()]).toEqual([token(0)]);
});

test('arrows go through all tokens, brackets through branching ones, with one tab stop', async () => {
  const { app, stops, user } = shown(live(told(STORY)));
  token(0).focus();
  await user.keyboard('{ArrowRight}');
  expect(token(1)).toHaveFocus();
  expect(token(1)).toHaveAttribute('role', 'button');
  expect(app.step).toBe(1);
  await user.keyboard(']');
  expect([...stops()]).toHaveLength(1);
  expect(token(1)).not.toHaveAttribute('role');
  token(0).focus();
  app.step = 0;
  await user.keyboard('{ArrowRight}{ArrowLeft}');
  expect(token(0)).toHaveFocus();
  document.body.focus();
  await user.keyboard(']');
  expect(token(2)).toHaveFocus();
  await user.keyboard('[[');
  expect(token(0)).toHaveFocus();
  expect(token(0)).toHaveAttribute('aria-current', 'true');
});

test('Enter pins the card, Tab goes into it, and closing gives the focus back for good', async () => {
  const { app, user } = shown(live(told(STORY)));
  token(0).focus();
  await user.keyboard('{Enter}');
  expect(app.card?.pinned).toBe(true);
  await user.keyboard('{Tab}');
  expect(card()!.contains(document.activeElement)).toBe(true);
  await user.keyboard('{Shift>}{Tab}{/Shift}');
  expect(token(0)).toHaveFocus();
  await user.keyboard('{Tab}');
  await user.click(screen.getByRole('button', { name: 'Close the card' }));
  expect(token(0)).toHaveFocus();
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(card()).toBeNull();
});

test('paragraphs that did not change are not touched when a step comes, and no card is', async () => {
  const events = told([['One', ' two'], [' line\n'], ['next', ' other']], false);
  const run = live(events.slice(0, 3));
  const { app, text } = shown(run);
  app.pin(run, 0, 0, token(0));
  await tick();
  const records: MutationRecord[] = [];
  const observer = new MutationObserver((found) => records.push(...found));
  const whole = { subtree: true, childList: true, attributes: true, characterData: true };
  observer.observe(text.querySelector('.paragraph')!, whole);
  observer.observe(card()!, whole);
  more(run, events.slice(3));
  await tick();
  expect(text.textContent).toContain('next');
  expect(records).toEqual([]);
});

test('the card tells state, reason and the moment that is shown', async () => {
  const events = told(STORY.slice(0, 2), false);
  const step = events[1] as Extract<RunEvent, { type: 'step.appended' }>;
  const candidates = step.candidates.map((one, at) =>
    at === 1 ? { ...one, state: 'pruned' as const } : one
  );
  const run = live(events);
  const { app } = shown(run);
  app.pin(run, 0, 1, token(0));
  await tick();
  expect(card()).toHaveTextContent('Kept, beside the path that is shown.');
  expect(card()).toHaveTextContent('Forward weight');
  expect(card()).toHaveTextContent('−1.386 nats');
  const item = { step: 0, index: 1, token_id: 1, rule: 'posterior', effect: 'pruned' as const };
  more(run, [
    {
      v: 1,
      seq: 3,
      t_ms: 3,
      type: 'candidates.pruned',
      at_step: 1,
      reason: 'posterior',
      items: [{ ...item, score: 0.00012, threshold: 0.02, mass: 0.1 }],
      steps: [{ ...step, candidates }],
      removed: [],
      lost: 0,
      primary_changes: [],
      cache_rows: 1,
      chain_changes: []
    }
  ]);
  expect(card()).toHaveTextContent('Pruned at step 1: posterior 0.01 % below 2.00 %.');
  expect(token(0)).toHaveClass('cut');
  run.seen = 3;
  await tick();
  expect(card()).toHaveTextContent('Kept, beside the path that is shown.');
  run.seen = 1;
  await tick();
  expect(card()).toHaveTextContent('This step is not there at the moment that is shown.');
});

test('Alt with arrows goes through the candidates, and B branches from the one shown', async () => {
  const fork = vi.fn(() => Promise.resolve('new'));
  const run = live(told(STORY));
  const { user } = shown(run, { fork });
  token(0).focus();
  await user.keyboard('{Enter}{Alt>}{ArrowDown}{ArrowDown}{/Alt}');
  expect(card()).toHaveTextContent('1.00 % is below the threshold of 10.0 %');
  await user.keyboard('b');
  expect(fork).toHaveBeenCalledWith('run', 0, 2);
});

test('a file without whole texts says so, rather than that they are being read', () => {
  shown(RunStore.kept('kept', told(STORY), null));
  expect(screen.getByText('This file holds no whole texts.')).toBeVisible();
});

test('nothing goes on from a run of a file, nor from the end of a text', async () => {
  const kept = RunStore.kept('kept', told(STORY), null);
  const { app } = shown(kept);
  app.pin(kept, 0, 0, token(0));
  await tick();
  const branch = () => screen.getByRole('button', { name: 'Branch from here' });
  expect(branch()).toBeDisabled();
  expect(card()).toHaveTextContent('This run is from a file');
});

test('attention is read on request, and refusals are told in words', async () => {
  const attends = [{ position: 3, token_id: 5, text: ' fox', weight: 0.4 }];
  const attention = vi
    .fn<Api['attention']>()
    .mockRejectedValueOnce(new ApiError('the run has no lattice', 'state', 409))
    .mockResolvedValueOnce([{ token_id: 0, text: ' lived', attends }]);
  const run = live(told(STORY));
  const { app, user } = shown(run, { attention });
  app.pin(run, 0, 0, token(0));
  await tick();
  const ask = () => user.click(screen.getByRole('button', { name: 'What it attends to' }));
  await ask();
  expect(await screen.findByText('the run has no lattice')).toBeVisible();
  await ask();
  expect(attention).toHaveBeenLastCalledWith('run', 0, 5);
  expect(await screen.findByText('␣fox')).toBeVisible();
});

test('of a run that goes on, no attention is asked for', async () => {
  const run = live(told(STORY, false));
  const { app } = shown(run);
  app.pin(run, 0, 0, token(0));
  await tick();
  expect(card()).toHaveTextContent('Attention can be read once the run has ended.');
});

const best = (text: string, token_ids: number[]): NBestText => ({
  text,
  token_ids,
  log_probability: -2,
  mean_log_probability: -1,
  text_log_probability: -2,
  share: 0.5,
  finished: false
});

test('the n best come at the end, with their differences, and a click shows one', async () => {
  const events = told([[' lived', ' was'], [' here']]);
  const run = live(events.slice(0, 3));
  const { text, user } = shown(run);
  expect(screen.getByText(/come when the run has ended/)).toBeVisible();
  more(run, events.slice(3));
  run.status = 'ended';
  run.result = {
    clean_text: '',
    generated_text: '',
    timing: {},
    n_best: [best(' lived here', [0, 10]), best(' was here', [1, 10])]
  };
  await tick();
  const second = screen.getByRole('button', { name: /was/, pressed: false });
  expect(second.querySelector('ins')).toHaveTextContent('was');
  expect(second.querySelector('del')).toHaveTextContent('lived');
  expect(second).toHaveTextContent('50.0 %');
  expect(second).toHaveTextContent('−1.000 nats');
  await user.click(second);
  expect(run.path).toBe(1);
  expect(second).toHaveAttribute('aria-pressed', 'true');
  expect(text.textContent).toBe('Once upon a time was here');
});

test('brackets hold what was kept, the shown token first', async () => {
  const { app, text, user } = shown(live(told(STORY.slice(0, 3))));
  await user.click(screen.getByRole('button', { name: /Alternatives inline/ }));
  expect(app.bracketed).toBe(true);
  expect(text.textContent).toBe('Once upon a time [lived/was] here[⏎/.]');
});

test('the tint is chosen, and its legend says what it is and its numbers', async () => {
  const { text, user } = shown(live(told(STORY)));
  expect(screen.getByText(/Entropy of the model’s next-token choice, in nats/)).toBeVisible();
  await user.selectOptions(screen.getByLabelText('Tint'), 'width');
  expect(text.dataset.tint).toBe('width');
  expect(screen.getByText('6 and more')).toBeVisible();
  await user.selectOptions(screen.getByLabelText('Tint'), 'off');
  expect(screen.queryByText('6 and more')).toBeNull();
});

test('a click pins, and another one closes; hovering opens after a moment', async () => {
  const { app, user } = shown(live(told(STORY)));
  await user.click(token(2));
  expect(app.card).toMatchObject({ step: 2, pinned: true });
  await user.click(token(2));
  expect(app.card).toBeNull();
  await user.unhover(token(2));
  await user.hover(token(0));
  expect(app.card).toBeNull();
  await vi.waitFor(() => expect(app.card).toMatchObject({ step: 0, pinned: false }));
  expect(app.step).toBe(0);
  await user.unhover(token(0));
  await vi.waitFor(() => expect(app.card).toBeNull());
});

test('the step in focus is brought into sight when the text is opened, not when it is pointed at', async () => {
  const { app, user } = shown(live(told(STORY)));
  const scrolled = vi.mocked(Element.prototype.scrollIntoView);
  await user.hover(token(1));
  await vi.waitFor(() => expect(app.step).toBe(1));
  expect(scrolled).not.toHaveBeenCalled();
  app.tab = 'chart';
  app.step = 3;
  await tick();
  app.tab = 'text';
  await tick();
  expect(scrolled.mock.contexts).toEqual([token(3)]);
});
