import { expect, test } from 'vitest';
import { COLLAPSED, EXPANDED, isOpen, runText, shorten, toggled } from './collapse';
import { numbers, sampleStep } from './lattice_samples';

const step = (text: string) => {
  const plain = sampleStep(0, numbers(1));
  return { ...plain, candidates: [{ ...plain.candidates[0]!, text }] };
};

test('opening twice closes', () => {
  for (const from of [COLLAPSED, EXPANDED]) {
    const other = toggled(from, 7);
    expect(isOpen(other, 7)).toBe(!isOpen(from, 7));
    expect(isOpen(other, 8)).toBe(isOpen(from, 8));
    expect(isOpen(toggled(other, 7), 7)).toBe(isOpen(from, 7));
  }
});

test('a run says its beginning, and that more follows', () => {
  const steps = [' a', ' fox', '\n', ' ran'].map(step);
  expect(runText(steps, 0, 3)).toBe('␣a fox⏎ ran');
  expect(runText(steps, 0, 3, 6)).toBe('␣a fo…');
  expect(runText(steps, 1, 2)).toBe('␣fox⏎');
});

test('a long run is not read to its end', () => {
  let read = 0;
  const steps = new Proxy(
    Array.from({ length: 5_000 }, () => step(' word')),
    {
      get: (all, name) => {
        if (typeof name === 'string' && /^\d+$/.test(name)) read++;
        return Reflect.get(all, name) as unknown;
      }
    }
  );
  expect(runText(steps, 0, 4_999)).toMatch(/…$/);
  expect(read).toBeLessThan(20);
});

test('letters are whole characters', () => {
  expect(shorten('🦊🦊🦊', 2)).toBe('🦊…');
  expect(shorten('ab', 2)).toBe('ab');
});
