import { expect, test } from 'vitest';
import { RUN_NAMES, viewOf } from '../../../tests/fixtures/runs';
import { compare, figuresOf, samePrompt } from './comparison';
import { wholeText } from './exporting';
import { bestPath, isMember, type RunView } from './view';

/** The run as if another token led from a step on. */
function diverted(view: RunView, at: number, id: number): RunView {
  const steps = view.steps.map((step) => {
    if (step?.step !== at) return step;
    const index = view.chain[at]!;
    const candidates = step.candidates.map((one, place) =>
      place === index ? { ...one, id, text: ' else', bytes: null } : one
    );
    return { ...step, candidates };
  });
  return { ...view, steps };
}

test.each(RUN_NAMES)('%s beside itself: all is the same', (name) => {
  const view = viewOf(name);
  const found = compare(view, view);
  expect(found).toMatchObject({ samePrompt: true, one: [], other: [], difference: null });
  expect((view.prompt.text ?? '') + found.sharedText).toBe(wholeText(view));
});

test('the first difference is told, with what each run gave the other token', () => {
  const view = viewOf('pruned');
  const path = bestPath(view);
  const { step, candidate } = path[2]!;
  const found = compare(view, diverted(view, step.step, 999));
  expect(found.shared).toBe(2);
  expect(found.difference?.steps).toEqual([step.step, step.step]);
  expect(found.difference?.tokens.map((one) => one?.id)).toEqual([candidate.id, 999]);
  expect(found.difference?.others).toEqual([null, null]);
  expect(found.one[0]).toEqual({ same: false, text: candidate.text, step: step.step });
  expect(found.other[0]).toEqual({ same: false, text: ' else', step: step.step });
  const rest = found.one.filter((one) => one.same).map((one) => one.text);
  expect(rest).toEqual(found.other.filter((one) => one.same).map((one) => one.text));
});

test('a token that the other run considered too is told with its probability there', () => {
  const view = viewOf('pruned');
  const number = view.steps.findIndex((step) => (step?.candidates.length ?? 0) > 1);
  const { candidates } = view.steps[number]!;
  const here = view.chain[number]!;
  const there = candidates.findIndex((_, index) => index !== here);
  const chain = view.chain.map((index, step) => (step === number ? there : index));
  const { difference } = compare(view, { ...view, chain });
  expect(difference?.others).toEqual([candidates[there]!.p, candidates[here]!.p]);
});

test('a run that ended earlier differs where it ended', () => {
  const view = viewOf('pruned');
  const length = bestPath(view).length;
  const shorter = { ...view, chain: view.chain.slice(0, length - 2) };
  const found = compare(view, shorter);
  expect(found.shared).toBe(length - 2);
  expect(found.difference?.tokens[1]).toBeNull();
  expect(found.other).toEqual([]);
});

test('prompts are the same by their tokens, or by their text where those are missing', () => {
  const view = viewOf('pruned');
  const other = {
    ...view,
    prompt: { ...view.prompt, tokens: [{ id: 12345, text: 'x', bytes: null }] }
  };
  expect(samePrompt(view, other)).toBe(false);
  const untold = { ...view, prompt: { ...view.prompt, tokens: [] } };
  expect(samePrompt(view, untold)).toBe(true);
  expect(samePrompt({ ...untold, prompt: { text: 'no', tokens: [] } }, untold)).toBe(false);
});

test('figures leave out steps that left as a whole', () => {
  const view = viewOf('removed');
  const there = view.steps.filter((step) => step !== undefined);
  const found = figuresOf(view);
  expect(there.length).toBeLessThan(view.steps.length);
  expect(found.steps).toBe(there.length);
  const kept = there.flatMap((step) => step.candidates.filter(isMember)).length;
  expect(found.width).toBeCloseTo(kept / there.length);
  expect(found.score).toBe(bestPath(view).at(-1)!.candidate.score);
});

test('a run before its first step has no figures', () => {
  const empty = { ...viewOf('pruned'), steps: [], chain: [] };
  expect(figuresOf(empty)).toMatchObject({ steps: 0, score: null, width: null, entropy: null });
});
