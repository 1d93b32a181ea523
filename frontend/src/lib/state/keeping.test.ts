import { afterEach, expect, test, vi } from 'vitest';
import { keep, kept } from './keeping';

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

test.each([['a text'], [5], [true], [{ a: 1 }], [[1]]])('%j is kept', (value) => {
  keep('key', value);
  const other = Array.isArray(value) ? [] : typeof value === 'object' ? {} : value;
  expect(kept<unknown>('key', other)).toEqual(value);
});

test.each(['', '{', 'null', '[]', '5', 'true', '"text"', 'undefined'])(
  'what is of another kind counts as nothing: %s',
  (text) => {
    localStorage.setItem('key', text);
    const otherwise = { none: 1 };
    expect(kept('key', otherwise)).toBe(otherwise);
    if (text !== '"text"') expect(kept<string | null>('key', null)).toBeNull();
  }
);

test('a browser that keeps nothing is no error', () => {
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
    throw new DOMException('no', 'SecurityError');
  });
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  keep('key', 1);
  expect(kept('key', 2)).toBe(2);
});
