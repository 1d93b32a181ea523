import { expect, test } from 'vitest';
import { Random, SEEDS } from '../../../tests/random';
import { readPlace, START, TABS, TINTS, writePlace, type Place } from './permalink';

const ID = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-';

function drawnPlace(random: Random): Place {
  const id = () =>
    random.chance(0.3)
      ? null
      : Array.from({ length: 1 + random.below(64) }, () => random.one([...ID])).join('');
  const number = () => (random.chance(0.4) ? null : random.below(1_000_000_000));
  return {
    run: id(),
    tab: random.one(TABS),
    step: number(),
    compare: id(),
    seen: number(),
    tint: random.one(TINTS),
    bracketed: random.chance(0.5),
    path: random.chance(0.5) ? 0 : random.below(50)
  };
}

test.each(SEEDS)('a place that is written is read again: seed %i', (seed) => {
  const random = new Random(seed);
  for (let time = 0; time < 50; time++) {
    const place = drawnPlace(random);
    const fragment = writePlace(place);
    expect(readPlace(fragment)).toEqual(place);
    expect(readPlace(new URL(fragment, 'http://localhost/').hash)).toEqual(place);
    expect(writePlace(readPlace(fragment))).toBe(fragment);
  }
});

test('the start is written as nothing', () => {
  expect(writePlace(START)).toBe('#/');
  for (const nothing of ['', '#', '#/', '/', '#?', '#/run', '#/run/'])
    expect(readPlace(nothing)).toEqual(START);
});

test.each([
  '#/run/../../etc?tab=__proto__&step=-1&at=1e9&path=0x10&tint=constructor',
  '#/run/<script>?tab=%00&step=99999999999&cmp=a/b&at=NaN',
  `#/run/${'a'.repeat(65)}?step= 1&cmp=%ff%fe`,
  '#/walk/abc?step=١'
])('whatever is wrong counts as not said: %s', (fragment) => {
  expect(readPlace(fragment)).toEqual(START);
});

test.each(SEEDS)('no fragment is too broken to be read: seed %i', (seed) => {
  const random = new Random(300 + seed);
  const parts = [
    '#',
    '/',
    'run',
    '?',
    '&',
    '=',
    'tab',
    'tree',
    '%',
    '%zz',
    '\u0000',
    '🦊',
    '1',
    'at'
  ];
  for (let time = 0; time < 100; time++) {
    const fragment = Array.from({ length: random.below(12) }, () => random.one(parts)).join('');
    const place = readPlace(fragment);
    expect(readPlace(writePlace(place))).toEqual(place);
  }
});

test('a tab that is said twice is the first one, and a question mark in the query is harmless', () => {
  expect(readPlace('#/run/a?tab=tree&tab=chart').tab).toBe('tree');
  expect(readPlace('#/run/a?step=3?tab=tree').run).toBe('a');
});
