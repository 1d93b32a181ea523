import { expect, test } from 'vitest';
import { syntheticRun } from '../../../tests/synthetic';
import type { RunEvent } from './events';
import { RunLog } from './run_log';
import {
  bars,
  cutOf,
  decimate,
  distinct,
  falls,
  figuresOf,
  isLeaderBasis,
  measuredSpeeds,
  scores,
  speeds,
  stepFigures,
  type Point
} from './series';

const events = syntheticRun(40);
const log = new RunLog();
for (const event of events) log.append(event);
const view = log.now();

const wave = (count: number): Point[] =>
  Array.from({ length: count }, (_, x) => ({ x, y: Math.sin(x * 1.7) * (x % 97) }));

test('fewer points keep the extremes of the whole line and of every pixel', () => {
  const points = wave(10_000);
  const fewer = decimate(points, 300);
  expect(fewer.length).toBeLessThanOrEqual(4 * 300);
  const extremes = (of: readonly Point[], from: number, to: number) => {
    const ys = of.filter(({ x }) => x >= from && x < to).map(({ y }) => y!);
    return [Math.min(...ys), Math.max(...ys)];
  };
  expect(extremes(fewer, 0, 10_000)).toEqual(extremes(points, 0, 10_000));
  for (let pixel = 0; pixel < 300; pixel += 37) {
    const from = (pixel / 300) * 9_999;
    const to = ((pixel + 1) / 300) * 9_999;
    expect(extremes(fewer, from, to)).toEqual(extremes(points, from, to));
  }
});

test('fewer points are some of the points, in order, with the first and the last', () => {
  const points = wave(5_000);
  const fewer = decimate(points, 100);
  const xs = fewer.map((one) => one.x);
  expect(xs).toEqual([...xs].sort((one, other) => one - other));
  expect(new Set(xs).size).toBe(xs.length);
  expect(fewer.every((one) => points[one.x] === one)).toBe(true);
  expect([xs[0], xs[xs.length - 1]]).toEqual([0, 4_999]);
});

test('as many points as there are pixels stay as they are, and gaps stay gaps', () => {
  const few = wave(100);
  expect(decimate(few, 100)).toBe(few);
  expect(decimate([], 100)).toEqual([]);
  const holed = wave(5_000).map((one) =>
    one.x > 1_000 && one.x < 3_000 ? { ...one, y: null } : one
  );
  expect(decimate(holed, 100).some((one) => one.y === null)).toBe(true);
});

test('a step says what passed the selection and what did not', () => {
  const figures = figuresOf(view.steps[0]!);
  expect(figures).toMatchObject({ kept: 1, pruned: 1, leastKept: 0.2, mostNot: 0.01, best: 0.6 });
  expect(figuresOf(view.steps[0]!)).toBe(figures);
});

test('steps that left are passed over', () => {
  const gone = {
    ...view,
    steps: view.steps.map((step, number) => (number === 5 ? undefined : step))
  };
  expect(stepFigures(gone).map((one) => one.step)).not.toContain(5);
  expect(stepFigures(gone)).toHaveLength(39);
});

test('the cut is a share of the leading candidate where the settings say so', () => {
  const figures = figuresOf(view.steps[0]!);
  expect(isLeaderBasis({ threshold_basis: 'auto', superposition: 'path' })).toBe(true);
  expect(isLeaderBasis({ threshold_basis: 'auto', superposition: 'lineage' })).toBe(false);
  expect(cutOf(figures, true)).toBeCloseTo(0.06);
  expect(cutOf(figures, false)).toBe(0.1);
});

test('a bar of many steps is as high as the highest of them', () => {
  const figures = stepFigures(view);
  expect(bars(figures, 40)).toHaveLength(40);
  const fewer = bars(figures, 10);
  expect(fewer).toHaveLength(10);
  expect(fewer.every((bar) => bar.kept + bar.pruned === 2)).toBe(true);
  expect(bars([], 10)).toEqual([]);
});

test('prunings say how many steps later they came', () => {
  const found = falls(view);
  expect(found).toHaveLength(view.verdicts.length);
  expect(found.every((one) => one.late === 3)).toBe(true);
  expect(distinct(found, () => 'same')).toHaveLength(1);
});

test('the speed of a run of two milliseconds a step is its tokens over its time', () => {
  const points = speeds(stepFigures(view));
  const last = points[points.length - 1]!;
  // 16 steps in 32 ms: every third of two tokens.
  expect(last.y).toBeGreaterThan(16 / 0.032);
  expect(last.y).toBeLessThan(2 * (16 / 0.032));
  expect(speeds([])).toEqual([]);
});

test('what the service measured counts up to the moment shown', () => {
  const stats = (seq: number) =>
    ({ v: 1, seq, t_ms: 100 * seq, type: 'run.stats', steps: 1, tok_s: 10 + seq }) as RunEvent;
  expect(measuredSpeeds([stats(0), stats(1), stats(2)], 2)).toEqual([
    { x: 0, y: 10 },
    { x: 0.1, y: 11 }
  ]);
});

test('scores are those of verdicts, or all of them where the events tell all', () => {
  const some = scores(view, log.events);
  expect(some.isAll).toBe(false);
  expect(some.scores).toHaveLength(view.verdicts.length);
  const judged = {
    v: 1,
    seq: 0,
    t_ms: 0,
    type: 'candidates.judged',
    at_step: 1,
    scores: [
      { step: 0, token_id: 1, rule: 'posterior', score: 0.5, threshold: 0.1, weight: 1 },
      { step: 0, token_id: 2, rule: 'posterior', score: 0.05, threshold: 0.1, weight: 0 },
      { step: 0, token_id: 3, rule: 'posterior', score: 0.05, threshold: 0.1, weight: 0.5 }
    ]
  } as RunEvent;
  const all = scores(view, [judged]);
  expect(all.isAll).toBe(true);
  expect(all.scores.map((one) => one.left)).toEqual([false, true, false]);
  expect(scores({ ...view, seen: 0 }, [judged]).isAll).toBe(false);
});
