import { expect, test } from 'vitest';
import { across, linePath, nearestStep, thinned, ticks, up, type Frame, type Point } from './curve';

const FRAME: Frame = { width: 120, height: 60, left: 10, right: 10, top: 5, bottom: 5 };

test('a span fills the frame, larger values higher', () => {
  const xs = { least: 0, most: 10 };
  expect([across(0, xs, FRAME), across(10, xs, FRAME)]).toEqual([10, 110]);
  expect([up(0, xs, FRAME), up(10, xs, FRAME)]).toEqual([55, 5]);
});

test('a span of one value lies in the middle', () => {
  expect(across(3, { least: 3, most: 3 }, FRAME)).toBe(60);
});

test('a line is interrupted where there is no point', () => {
  const span = { least: 0, most: 3 };
  const path = linePath([[0, 0], [1, 3], null, [3, 0]], span, span, FRAME);
  expect(path).toBe('M10 55L43.3 5M110 55');
});

test('thinned lines keep their peaks and their order', () => {
  const points = Array.from({ length: 10_000 }, (_, x): Point => [x, x === 7_777 ? 9 : x % 2]);
  const found = thinned(points, 200);
  expect(found.length).toBeLessThanOrEqual(400);
  expect(found.some(([x, y]) => x === 7_777 && y === 9)).toBe(true);
  expect([...found].sort((a, b) => a[0] - b[0])).toEqual(found);
  // A column's lowest point stands before its highest, or behind it.
  const falling = points.map(([x]): Point => [x, -x]);
  expect(thinned(falling, 10).slice(0, 2)).toEqual([falling[0], falling[999]]);
  expect(thinned(points.slice(0, 50), 200)).toHaveLength(50);
});

test('ticks are round', () => {
  expect(ticks({ least: 0, most: 1 }, 4)).toEqual([0, 0.5, 1]);
  expect(ticks({ least: 0, most: 99 }, 5)).toEqual([0, 20, 40, 60, 80]);
  expect(ticks({ least: 0.1, most: 0.103 }, 3)).toEqual([0.1, 0.101, 0.102, 0.103]);
  expect(ticks({ least: 2, most: 2 }, 3)).toEqual([2]);
});

test('the nearest step stays in the span', () => {
  const xs = { least: 0, most: 10 };
  expect([-50, 10, 64, 500].map((place) => nearestStep(place, xs, FRAME))).toEqual([0, 0, 5, 10]);
});
