import { expect, test } from 'vitest';
import { syntheticRun } from '../../../tests/synthetic';
import { sparkline, Track } from './ticks';

const events = syntheticRun(40);
const pruning = events.filter((event) => event.type === 'candidates.pruned');

test('each moment knows its newest step', () => {
  const track = new Track().read(events);
  expect(track.stepAt(0)).toBe(-1);
  expect(track.stepAt(1)).toBe(-1);
  expect(track.stepAt(2)).toBe(0);
  expect(track.stepAt(events.length + 5)).toBe(39);
});

test('a step is there once the event that appended it was seen', () => {
  const track = new Track().read(events);
  for (const step of [0, 7, 39]) {
    const seen = track.seenFor(step)!;
    expect(track.stepAt(seen)).toBe(step);
    expect(track.stepAt(seen - 1)).toBe(step - 1);
  }
  expect(track.seenFor(40)).toBeNull();
});

test('ten steps on and back land where those steps were appended, and stop at both ends', () => {
  const track = new Track().read(events);
  const middle = track.seenFor(20)!;
  expect(track.stepAt(track.stepsOn(middle, 10))).toBe(30);
  expect(track.stepAt(track.stepsOn(middle, -10))).toBe(10);
  expect(track.stepsOn(middle, 100)).toBe(events.length);
  expect(track.stepsOn(middle, -100)).toBe(1);
});

test('a log read in portions gives what it gives at once', () => {
  const track = new Track();
  for (let read = 0; read <= events.length; read += 7) track.read(events.slice(0, read));
  track.read(events);
  expect(track.bins(13)).toEqual(new Track().read(events).bins(13));
});

test('bins keep every pruning and the extremes of entropy', () => {
  const bins = new Track().read(events).bins(6);
  expect(bins.reduce((sum, bin) => sum + bin.pruned, 0)).toBe(pruning.length);
  const told = events.flatMap((event) => (event.type === 'step.appended' ? [event.entropy] : []));
  expect(Math.max(...bins.map((bin) => bin.most!))).toBe(Math.max(...told));
  expect(Math.min(...bins.map((bin) => bin.least!))).toBe(Math.min(...told));
});

test('what only weakens a candidate is no pruning', () => {
  const weakened = pruning.map((event) => ({
    ...event,
    seq: 0,
    items: event.items.map((one) => ({ ...one, effect: 'weakened' as const }))
  }));
  expect(new Track().read(weakened.slice(0, 1)).bins(1)[0]!.pruned).toBe(0);
});

test('no events make no line', () => {
  expect(sparkline(new Track().bins(10), 100, 20)).toBe('');
  expect(sparkline(new Track().read(events).bins(10), 100, 20)).toMatch(/^M[\d.]+ [\d.]+/);
});
