import { expect, test } from 'vitest';
import type { RunSummary } from '$lib/api/client';
import { age, familyOf, forest, holds, type RunNode } from './fork_tree';

const run = (id: string, asked_at: number, parent: string | null = null): RunSummary => ({
  run_id: id,
  state: 'finished',
  asked_at,
  ended_at: null,
  prompt: id,
  parent: parent === null ? null : { run_id: parent, step: 3, token_id: 7 },
  forked_at: parent === null ? null : 3,
  stored: true
});

const RUNS = [
  run('a', 1),
  run('c', 3, 'a'),
  run('b', 2),
  run('d', 4, 'c'),
  run('e', 5, 'a'),
  run('x', 6, 'gone')
];

const ids = (nodes: readonly RunNode[]): unknown[] =>
  nodes.map((node) => [node.run.run_id, ...ids(node.forks)]);

test('forks stand under the run that they left, newest first', () => {
  expect(ids(forest(RUNS))).toEqual([['x'], ['b'], ['a', ['e'], ['c', ['d']]]]);
});

test('a run that is listed twice is there once', () => {
  expect(ids(forest([...RUNS, RUNS[0]!]))).toEqual(ids(forest(RUNS)));
});

test('a family is the whole tree around a run', () => {
  const family = familyOf(RUNS, 'd')!;
  expect(family.run.run_id).toBe('a');
  expect(holds(family, 'e')).toBe(true);
  expect(holds(family, 'b')).toBe(false);
  expect(familyOf(RUNS, 'nobody')).toBeNull();
});

test('runs that name each other as parents do no harm', () => {
  const odd = [run('a', 1, 'b'), run('b', 2, 'a')];
  expect(forest(odd)).toEqual([]);
  expect(familyOf(odd, 'a')).toBeNull();
});

test('an age is said as people say it', () => {
  expect(age(100, 100)).toBe('just now');
  expect(age(100, 50)).toBe('just now');
  expect(age(0, 120)).toBe('2 min ago');
  expect(age(0, 3_700)).toBe('1 hour ago');
  expect(age(0, 200_000)).toBe('2 days ago');
});
