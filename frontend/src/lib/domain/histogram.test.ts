import { expect, test } from 'vitest';
import { histogram } from './histogram';

const scored = (score: number, threshold = 0.02) => ({ score, threshold, left: score < threshold });

test('every score is in one bin, on its side', () => {
  const scores = [0.001, 0.004, 0.01, 0.019, 0.03, 0.03].map((one) => scored(one));
  const { bins } = histogram(scores, 8)!;
  expect(bins.reduce((sum, bin) => sum + bin.left, 0)).toBe(4);
  expect(bins.reduce((sum, bin) => sum + bin.stayed, 0)).toBe(2);
  for (const one of scores) {
    const bin = bins.find(({ from, to }) => one.score >= from && one.score < to * (1 + 1e-9));
    expect(bin).toBeDefined();
  }
});

test('scores far apart are counted by powers of ten, and none is lost at zero', () => {
  const found = histogram(
    [0, 1e-5, 0.3].map((one) => scored(one)),
    12
  )!;
  expect(found.isLog).toBe(true);
  expect(found.bins.reduce((sum, bin) => sum + bin.left + bin.stayed, 0)).toBe(3);
  expect(
    histogram(
      [0.01, 0.05].map((one) => scored(one)),
      12
    )!.isLog
  ).toBe(false);
});

test('the cut lies inside, also where nothing reaches it', () => {
  const found = histogram([scored(0.001, 0.9), scored(0.002, 0.5)], 10)!;
  expect(found.cut).toEqual({ least: 0.5, middle: 0.9, most: 0.9 });
  expect(found.high).toBeGreaterThanOrEqual(0.9);
});

test('no scores, or none that is a number, make no histogram; one score does', () => {
  expect(histogram([], 10)).toBeNull();
  expect(histogram([scored(NaN)], 10)).toBeNull();
  expect(histogram([scored(0, 0)], 10)!.bins).toHaveLength(10);
});
