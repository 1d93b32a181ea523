import { expect, test } from 'vitest';
import { curve, edgesInto, ribbon, thickness } from './edges';
import { numbers, sampleStep, sampleSteps } from './lattice_samples';
import { members, type Step } from './view';

const random = numbers(4);
const plain = sampleStep(0, random);

function step(
  states: string[],
  transitions: (number | null)[][],
  parents: (number | null)[]
): Step {
  const candidates = states.map((state, rank) => ({
    ...plain.candidates[0]!,
    id: rank + 1,
    p: 0.3,
    rank,
    parent: parents[rank] ?? null,
    state: state as 'kept'
  }));
  return { ...plain, candidates, transitions };
}

const NOWHERE = { from: -2, to: -2 };
const before = step(['kept', 'pruned', 'finished', 'kept'], [], []);

test('rows are the live members before, columns the members', () => {
  const now = step(
    ['kept', 'below_threshold', 'kept'],
    [
      [Math.log(0.6), Math.log(0.4)],
      [null, Math.log(0.2)]
    ],
    [0, null, 2]
  );
  expect(edgesInto(now, before, { from: 0, to: 0 })).toEqual([
    { from: 0, to: 0, p: expect.closeTo(0.6), kind: 'best' },
    { from: 0, to: 2, p: expect.closeTo(0.4), kind: 'other' },
    { from: 3, to: 2, p: expect.closeTo(0.2), kind: 'parent' }
  ]);
  expect(edgesInto(now, before, { from: 3, to: 2 }, 0.5).map((edge) => edge.p)).toEqual([
    expect.closeTo(0.6),
    expect.closeTo(0.2)
  ]);
});

test('the first step follows from the prompt', () => {
  const now = step(['kept', 'kept'], [[Math.log(0.7), Math.log(0.1)]], []);
  expect(edgesInto(now, undefined, { from: -1, to: 1 })).toEqual([
    { from: -1, to: 0, p: expect.closeTo(0.7), kind: 'parent' },
    { from: -1, to: 1, p: expect.closeTo(0.1), kind: 'best' }
  ]);
});

test('without transitions there are the best parents', () => {
  const now = step(['kept', 'kept'], [], [0, 2]);
  const rows = { ...now, transitions: [[], []] };
  expect(edgesInto(rows, before, NOWHERE)).toEqual([
    { from: 0, to: 0, p: 0.3, kind: 'parent' },
    { from: 3, to: 1, p: 0.3, kind: 'parent' }
  ]);
  expect(edgesInto(now, before, NOWHERE)).toHaveLength(2);
});

test('what was pruned hangs where it came from', () => {
  const now = step(['kept', 'pruned'], [[0], [null]], [0]);
  const fallen = { ...now.candidates[1]!, origin: 2 };
  const told = { ...now, candidates: [now.candidates[0]!, fallen] };
  expect(edgesInto(told, before, NOWHERE).at(-1)).toMatchObject({ from: 1, to: 1, kind: 'fallen' });
  expect(edgesInto(now, before, NOWHERE).some((edge) => edge.kind === 'fallen')).toBe(false);
});

test('each member has one edge from its best parent, in any lattice', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { steps } = sampleSteps(30, seed, 0);
    steps.slice(1).forEach((now, at) => {
      const parents = edgesInto(now!, steps[at], NOWHERE).filter((edge) => edge.kind === 'parent');
      expect(new Set(parents.map((edge) => edge.to)).size).toBe(parents.length);
      expect(parents.length).toBeLessThanOrEqual(members(now!).length);
    });
  }
});

test('a more probable edge is never thinner', () => {
  for (let p = 0; p < 1; p += 0.01)
    expect(thickness(p + 0.01)).toBeGreaterThanOrEqual(thickness(p));
  expect(thickness(1)).toBeGreaterThan(8 * thickness(0));
});

test('bands are closed, lines are open, and both begin where they should', () => {
  expect(ribbon(0, 0, 10, 0, 4)).toBe('M0 -2H10V2H0Z');
  expect(ribbon(0, 0, 10, 20, 2)).toMatch(/^M0 -1C.*Z$/);
  expect(curve(1, 2, 9, 4)).toBe('M1 2C5 2 5 4 9 4');
});
