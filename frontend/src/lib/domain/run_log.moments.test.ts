import { expect, test } from 'vitest';
import { syntheticRun } from '../../../tests/synthetic';
import { RunLog } from './run_log';

function logOf(steps: number): RunLog {
  const log = new RunLog();
  for (const event of syntheticRun(steps)) log.append(event);
  return log;
}

test('a moment is what a reader of the first events alone has seen', () => {
  const events = syntheticRun(600);
  const log = logOf(600);
  for (const seen of [0, 1, 2, 511, 512, 513, 700, events.length]) {
    const reader = new RunLog();
    for (const event of events.slice(0, seen)) reader.append(event);
    expect(log.at(seen)).toEqual(reader.now());
  }
});

test('before a pruning was told, its token is kept and leads the text', () => {
  const log = logOf(30);
  const pruning = log.events.find((event) => event.type === 'candidates.pruned')!;
  const before = log.at(pruning.seq);
  const after = log.at(pruning.seq + 1);
  expect(before.steps[0]!.candidates[1]!.state).toBe('kept');
  expect(before.chain[0]).toBe(1);
  expect(before.verdicts).toEqual([]);
  expect(after.steps[0]!.candidates[1]!.state).toBe('pruned');
  expect(after.chain[0]).toBe(0);
  expect(after.verdicts).toHaveLength(1);
});

test('steps that are the same at two moments are the same objects', () => {
  const log = logOf(600);
  const one = log.at(700);
  const other = log.at(699);
  const live = log.now();
  const differing = one.steps.filter((step, number) => step !== other.steps[number]);
  expect(differing.length).toBeLessThanOrEqual(1);
  expect(one.steps[300]).toBe(live.steps[300]);
});

test('a held moment stays the same object while the run goes on', () => {
  const log = new RunLog();
  const events = syntheticRun(600);
  for (const event of events.slice(0, 600)) log.append(event);
  const held = log.at(550);
  for (const event of events.slice(600)) log.append(event);
  expect(log.at(550)).toBe(held);
});
