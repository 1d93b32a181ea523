import { expect, test } from 'vitest';
import { escaped, firstValue, readNumber, sliderOf, unescaped } from './setting_value';

const RANGE = {
  kind: 'number',
  allowed: 'from 0 to 1',
  default: 0.1,
  least: 0,
  most: 1,
  step: 0.01
};

test.each([
  ['0.5', 0.5],
  [' 7 ', 7],
  ['0,25', 0.25],
  ['-3', -3],
  ['.5', 0.5],
  ['1e-3', 0.001],
  ['+2', 2]
])('%j is a number', (typed, value) => {
  expect(readNumber(typed, RANGE)).toEqual({ value });
});

test.each(['abc', '1,000,000', '0x10', '1 2', '--1', 'NaN', 'inf', '1e999', '½'])(
  '%j is none, and it is said what would be',
  (typed) => {
    const found = readNumber(typed, RANGE);
    expect(found).toEqual({ problem: `“${typed}” is no number; from 0 to 1.` });
  }
);

test('nothing typed is said too', () => {
  expect(readNumber('  ', RANGE)).toEqual({ problem: 'Type a number: from 0 to 1.' });
});

test('infinity is a value where it is allowed', () => {
  const window = { ...RANGE, allowed: '0, 1, 2, ... or inf' };
  expect(readNumber('inf', window)).toEqual({ value: 'inf' });
});

test('a slider needs two ends; what a form offers goes before what is allowed', () => {
  expect(sliderOf({ ...RANGE, low: null, high: null })).toEqual({ least: 0, most: 1, step: 0.01 });
  expect(sliderOf({ ...RANGE, most: null, high: 8, step: null })).toEqual({
    least: 0,
    most: 8,
    step: 0.08
  });
  expect(sliderOf({ ...RANGE, most: null })).toBeNull();
});

test('an optional setting begins in the middle, on a step', () => {
  expect(firstValue({ ...RANGE, kind: 'integer', most: null, high: 101, step: 1 })).toBe(51);
  expect(firstValue(RANGE)).toBe(0.5);
  expect(firstValue({ ...RANGE, least: null, most: null })).toBe(1);
});

test('texts with line breaks and backslashes come back from one line', () => {
  for (const text of ['\n\n', 'a\tb', '\\n', '\\', 'C:\\new', '\r\n']) {
    expect(unescaped(escaped(text))).toBe(text);
    expect(escaped(text)).not.toMatch(/[\n\t\r]/);
  }
});
