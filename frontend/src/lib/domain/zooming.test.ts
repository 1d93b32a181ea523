import { expect, test } from 'vitest';
import {
  constrained,
  LEAST,
  MOST,
  pinched,
  wheelFactor,
  zoomed,
  type Point,
  type Transform
} from './zooming';

const VIEW: Transform = { x: 40, y: -10, k: 0.5 };

/** What is drawn at a place of the view. */
const under = ({ x, y, k }: Transform, [left, top]: Point): Point => [
  (left - x) / k,
  (top - y) / k
];

const close = (found: Point, wanted: Point): void => {
  expect(found[0]).toBeCloseTo(wanted[0]);
  expect(found[1]).toBeCloseTo(wanted[1]);
};

test.each([0.1, 0.5, 2, 100, 1e-9])('what is under the pointer stays there: to %f', (k) => {
  const at: Point = [300, 120];
  const found = zoomed(VIEW, k, at);
  expect(found.k).toBe(Math.max(LEAST, Math.min(MOST, k)));
  close(under(found, at), under(VIEW, at));
});

test('two fingers keep what is under them', () => {
  const before: [Point, Point] = [
    [100, 100],
    [200, 100]
  ];
  const now: [Point, Point] = [
    [80, 130],
    [240, 130]
  ];
  const found = pinched(VIEW, before, now);
  expect(found.k).toBeCloseTo(0.8);
  close(under(found, now[0]), under(VIEW, before[0]));
  close(under(found, now[1]), under(VIEW, before[1]));
});

test('fingers on one spot do not make the view vanish', () => {
  const spot: [Point, Point] = [
    [5, 5],
    [5, 5]
  ];
  const found = pinched(VIEW, spot, [
    [0, 0],
    [9, 0]
  ]);
  expect(Object.values(found).every(Number.isFinite)).toBe(true);
});

test('some of the drawing stays in view, however it is pushed', () => {
  const drawn = { width: 1000, top: -50, bottom: 150 };
  const size = { width: 600, height: 400 };
  expect(constrained({ x: 1e6, y: 1e6, k: 2 }, drawn, size)).toEqual({ x: 504, y: 404, k: 2 });
  expect(constrained({ x: -1e6, y: -1e6, k: 2 }, drawn, size)).toEqual({
    x: 96 - 2000,
    y: 96 - 300,
    k: 2
  });
  const inside = { x: 40, y: 50, k: 0.5 };
  expect(constrained(inside, drawn, size)).toEqual(inside);
});

test('a wheel away from the user makes things larger, the same for pixels and lines', () => {
  expect(wheelFactor(-500, 0, false)).toBeCloseTo(2);
  expect(wheelFactor(500, 0, false)).toBeCloseTo(0.5);
  expect(wheelFactor(-20, 1, false)).toBeCloseTo(2);
  expect(wheelFactor(-1, 2, false)).toBeCloseTo(2);
  // A pinch on a touchpad arrives as a wheel with Ctrl, in small steps.
  expect(wheelFactor(-50, 0, true)).toBeCloseTo(2);
});
