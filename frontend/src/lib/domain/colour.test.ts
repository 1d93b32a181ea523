import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { step } from '$lib/components/text/samples';
import { contrast, tintClass, tintClasses } from './colour';

const CSS = readFileSync('src/app.css', 'utf8');

/** A variable of app.css as [light, dark]. */
function colour(name: string): [string, string] {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(CSS);
  if (!found) throw new Error(`app.css has no light-dark(...) for --${name}`);
  return [found[1]!, found[2]!];
}

test('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

describe.each([
  ['light', 0],
  ['dark', 1]
] as const)('%s', (_, theme) => {
  test.each([1, 2, 3, 4, 5])('ink can be read on tint %i', (number) => {
    const tint = colour(`tint-${number}`)[theme];
    expect(contrast(colour('ink')[theme], tint)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['surface', 'paper', 'sunken'])('every ink can be read on the %s', (surface) => {
    for (const ink of ['ink', 'muted', 'accent', 'best', 'kept', 'pruned', 'unkept']) {
      const found = contrast(colour(ink)[theme], colour(surface)[theme]);
      expect(found, `${ink} on ${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  test.each([1, 2, 3, 4, 5])('marks under the text stand out on tint %i', (number) => {
    const tint = colour(`tint-${number}`)[theme];
    for (const mark of ['kept', 'pruned']) {
      expect(contrast(colour(mark)[theme], tint), mark).toBeGreaterThanOrEqual(3);
    }
  });
});

test('classes begin at their bounds', () => {
  const entropy = (value: number) => tintClass('entropy', step(0, ['a'], { entropy: value }), 0);
  expect([0, 0.49, 0.5, 1.5, 2.5, 3.49, 3.5, 9].map(entropy)).toEqual([1, 1, 2, 3, 4, 4, 5, 5]);
  const probability = (p: number) => tintClass('probability', step(0, [{ text: 'a', p }]), 0);
  expect([1, 0.9, 0.899, 0.5, 0.2, 0.05, 0.049].map(probability)).toEqual([1, 1, 2, 2, 3, 4, 5]);
  const kept = (count: number) => tintClass('width', step(0, Array(count).fill('a')), 0);
  expect([1, 2, 3, 4, 5, 6, 9].map(kept)).toEqual([1, 2, 3, 4, 4, 5, 5]);
  const pruned = (count: number) => tintClass('prunings', step(0, ['a'], { pruned: count }), 0);
  expect([0, 1, 2, 3, 4, 5, 9].map(pruned)).toEqual([1, 2, 3, 4, 4, 5, 5]);
});

test('a token has a class for each tint', () => {
  const one = step(0, [{ text: 'a', p: 0.95 }, 'b'], { entropy: 0.7, pruned: 1 });
  expect(tintClasses(one, 0)).toBe('e2 p1 w2 r2');
});
