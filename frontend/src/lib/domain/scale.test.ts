import { describe, expect, test } from 'vitest';
import { linear, logarithmic } from './scale';

describe('a linear scale', () => {
  const scale = linear([2, 10], [100, 20]);

  test('puts values in proportion, and those outside at the ends', () => {
    expect([2, 6, 10, -5, 50].map(scale)).toEqual([100, 60, 20, 100, 20]);
  });

  test('finds the value at a place', () => {
    expect([100, 60, 20, 900].map((place) => scale.invert(place))).toEqual([2, 6, 10, 2]);
  });

  test('has round ticks within its domain', () => {
    expect(scale.ticks(4)).toEqual([2, 4, 6, 8, 10]);
  });

  test('of a single value lies in the middle', () => {
    expect(linear([3, 3], [0, 8])(3)).toBe(4);
  });
});

describe('a logarithmic scale', () => {
  const scale = logarithmic([0.001, 10], [0, 40]);

  test('puts each power of ten as far from the next', () => {
    expect([0.001, 0.01, 0.1, 1, 10].map((value) => Math.round(scale(value)))).toEqual([
      0, 10, 20, 30, 40
    ]);
    expect(scale(0)).toBe(0);
  });

  test('finds the value at a place', () => {
    expect(scale.invert(10)).toBeCloseTo(0.01, 12);
  });

  test('marks powers of ten, fewer where there is little room', () => {
    expect(scale.ticks(5)).toEqual([0.001, 0.01, 0.1, 1, 10]);
    expect(scale.ticks(2)).toEqual([0.001, 1]);
  });

  test('marks 1, 2 and 5 where powers are few', () => {
    expect(logarithmic([0.04, 1], [0, 1]).ticks(4)).toEqual([0.05, 0.1, 0.2, 0.5, 1]);
  });
});
