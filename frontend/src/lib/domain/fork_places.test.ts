import { expect, test } from 'vitest';
import type { RunSummary } from '$lib/api/client';
import { forkPlaces } from './fork_places';
import { familyOf } from './fork_tree';

const run = (id: string, at: number, parent: string | null, step: number | null): RunSummary => ({
  run_id: id,
  state: 'finished',
  asked_at: at,
  ended_at: null,
  prompt: id,
  parent: parent === null ? null : { run_id: parent, step: step!, token_id: 1 },
  forked_at: step,
  stored: true
});

const RUNS = [
  run('a', 1, null, null),
  run('b', 7, 'a', 3),
  run('c', 3, 'a', 9),
  run('d', 4, 'b', 20)
];

test('each run has a row below the run that it left, aligned by step', () => {
  const { places, steps } = forkPlaces(familyOf(RUNS, 'd')!, { a: 30 });
  expect(places.map((one) => one.run.run_id)).toEqual(['a', 'c', 'b', 'd']);
  expect(places.map((one) => one.parentRow)).toEqual([null, 0, 0, 2]);
  expect(places.map((one) => one.from)).toEqual([0, 9, 3, 20]);
  expect(places.map((one) => one.to)).toEqual([29, 10, 21, 21]);
  expect(steps).toBe(29);
});

test('a line that goes down never crosses a row that begins before it', () => {
  const { places } = forkPlaces(familyOf(RUNS, 'a')!, {});
  for (const one of places) {
    const between = places.filter(
      (other) => other.row > (one.parentRow ?? 0) && other.row < one.row
    );
    expect(between.every((other) => other.from >= one.from)).toBe(true);
  }
});
