import { expect, test } from 'vitest';
import { departures, labelOf, settingsDifference, shownValue } from './settings_difference';

const SPECS = [
  { name: 'max_width', label: 'Width', default: 8 },
  { name: 'top_k', default: null },
  { name: 'stop', default: [] as string[] }
];

test('values are told as words', () => {
  expect([null, true, false, 0.1, 'path', [], ['a', '"']].map(shownValue)).toEqual([
    'off',
    'on',
    'off',
    '0.1',
    'path',
    'none',
    '"a", "\\""'
  ]);
});

test('a setting without a label is called by its name', () => {
  expect(labelOf({ name: 'top_k' })).toBe('Top k');
  expect(labelOf({ name: 'top_k', label: 'Best tokens' })).toBe('Best tokens');
});

test('what is not said is at its default', () => {
  expect(settingsDifference({ max_width: 8, stop: ['.'] }, { top_k: 5 }, SPECS)).toEqual([
    { name: 'top_k', label: 'Top k', one: null, other: 5 },
    { name: 'stop', label: 'Stop', one: ['.'], other: [] }
  ]);
});

test('a setting that the descriptions lack is compared too', () => {
  expect(settingsDifference({ old: 1 }, { old: 2 }, SPECS)).toEqual([
    { name: 'old', label: 'Old', one: 1, other: 2 }
  ]);
});

test('departures leave the defaults out', () => {
  expect(departures({ max_width: 4, top_k: null, stop: [], old: 1 }, SPECS)).toEqual({
    max_width: 4
  });
});
