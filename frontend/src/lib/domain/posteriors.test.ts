import { expect, test } from 'vitest';
import { RUNS, RUN_NAMES, viewOf } from '../../../tests/fixtures/runs';
import { readEvent } from './events';
import { posteriorOf, posteriors } from './posteriors';
import { RunLog } from './run_log';
import { isMember, type RunView } from './view';

test.each(RUN_NAMES)('the posteriors are those of the server: %s', (name) => {
  const view = viewOf(name);
  const found = posteriors(view)!;
  expect(found).not.toBeNull();
  for (const [step, expected] of Object.entries(RUNS[name].posteriors)) {
    const mine = found[Number(step)]!;
    expect(mine).toHaveLength(expected.length);
    expected.forEach((one, index) => {
      if (one === null) expect(mine[index]).toBeNull();
      else expect(mine[index]).toBeCloseTo(one, 5);
    });
  }
  view.steps.forEach((step, number) => expect(found[number] === undefined).toBe(!step));
});

test.each(RUN_NAMES)('each step sums to 1 at every moment: %s', (name) => {
  const log = new RunLog();
  for (const event of RUNS[name].events) {
    log.append(event);
    const view = log.now();
    const found = posteriors(view)!;
    view.steps.forEach((step, number) => {
      if (!step) return;
      const sum = found[number]!.reduce<number>((total, one) => total + (one ?? 0), 0);
      expect(sum).toBeCloseTo(1, 9);
      step.candidates.forEach((one, index) =>
        expect(posteriorOf(view, number, index) === null).toBe(!isMember(one))
      );
    });
  }
});

test('a later step moves the posterior of an earlier one', () => {
  const view = lattice([
    { rows: [[0.5, 0.5]], states: ['kept', 'kept'] },
    {
      rows: [
        [0.09, 0.01],
        [0.45, 0.45]
      ],
      states: ['kept', 'kept']
    }
  ]);
  expect(posteriors(view)![0]).toEqual([expect.closeTo(0.1), expect.closeTo(0.9)]);
  expect(posteriors(view)![1]).toEqual([expect.closeTo(0.54), expect.closeTo(0.46)]);
});

test('a text that ended keeps the share it had', () => {
  const view = lattice([
    { rows: [[0.5, 0.25]], states: ['kept', 'finished'] },
    { rows: [[0.001]], states: ['kept'] }
  ]);
  expect(posteriors(view)![0]).toEqual([expect.closeTo(2 / 3), expect.closeTo(1 / 3)]);
});

test('what nothing leads to has no share, and takes none from its parents', () => {
  const view = lattice([
    { rows: [[0.5, 0.5]], states: ['kept', 'kept'] },
    {
      rows: [
        [0.5, null],
        [0.5, null]
      ],
      states: ['kept', 'kept']
    }
  ]);
  expect(posteriors(view)![1]).toEqual([1, 0]);
  expect(posteriors(view)![0]).toEqual([0.5, 0.5]);
});

test('nothing underflows over thousands of improbable steps', () => {
  const step = { rows: [[1e-12], [3e-12]], states: ['kept' as const, 'kept' as const] };
  const view = lattice([
    { rows: [[1e-12, 1e-12]], states: ['kept', 'kept'] },
    ...Array.from({ length: 4000 }, () => ({
      rows: step.rows.map(([p]) => [p!, p! / 3]),
      states: step.states
    }))
  ]);
  const first = posteriors(view)![0]!;
  expect(first).toEqual([expect.closeTo(0.25), expect.closeTo(0.75)]);
});

test('a view is gone through once, and a run that tells no transitions has none', () => {
  const view = viewOf('pruned');
  expect(posteriors(view)).toBe(posteriors(view));
  const untold: RunView = {
    ...view,
    steps: view.steps.map((step) => step && { ...step, transitions: [] })
  };
  expect(posteriors(untold)).toBeNull();
  expect(posteriorOf(untold, 0, 0)).toBeNull();
});

interface Sketch {
  rows: (number | null)[][];
  states: ('kept' | 'finished')[];
}

/** A lattice from probabilities. */
function lattice(steps: Sketch[]): RunView {
  const log = new RunLog();
  steps.forEach(({ rows, states }, step) =>
    log.append(
      readEvent({
        type: 'step.appended',
        seq: step,
        step,
        entropy: 0,
        candidates: states.map((state, id) => ({ id, text: `${id}`, p: 0.1, rank: id, state })),
        transitions: rows.map((row) => row.map((p) => (p === null ? null : Math.log(p))))
      })
    )
  );
  return log.now();
}
