import { expect, test } from 'vitest';
import { logOf, RUNS, RUN_NAMES, viewOf } from '../../../tests/fixtures/runs';
import { Random } from '../../../tests/random';
import { chainOf } from './paths';
import { isMember, lineage } from './view';

test.each(RUN_NAMES)('the tokens of any lineage are found where they stand: %s', (name) => {
  const random = new Random(5);
  const view = viewOf(name);
  const steps = view.steps.filter((step) => step !== undefined);
  for (let time = 0; time < 20; time++) {
    const step = random.one(steps);
    const index = step.candidates.findIndex(isMember);
    const path = lineage(view, step.step, index);
    const tokens = path.map((one) => view.steps[one.step]!.candidates[one.index]!.id);
    const chain = chainOf(view, tokens)!;
    expect(chain).toHaveLength(view.steps.length);
    for (const one of path) expect(chain[one.step]).toBe(one.index);
    expect(chain.filter((one) => one >= 0)).toHaveLength(path.length);
  }
});

test('tokens that are not in the view have no chain', () => {
  const view = viewOf('pruned');
  const first = view.steps[0]!.candidates[0]!.id;
  expect(chainOf(view, [9999])).toBeNull();
  expect(chainOf(view, [first, 9999])).toBeNull();
  expect(chainOf(logOf([]).now(), [first])).toBeNull();
  expect(chainOf(logOf([]).now(), [])).toEqual([]);
});

test('the n best texts of a run that is cut short have none', () => {
  const { events } = RUNS.pruned;
  const tokens = viewOf('pruned').chain.map(
    (index, step) => viewOf('pruned').steps[step]!.candidates[index]!.id
  );
  expect(chainOf(viewOf('pruned'), tokens)).toEqual(viewOf('pruned').chain);
  expect(chainOf(logOf(events.slice(0, 6)).now(), tokens)).toBeNull();
});
