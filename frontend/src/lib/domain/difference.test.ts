import { expect, test } from 'vitest';
import { difference, excerpt, wordsOf } from './difference';

const between = (from: string, to: string) =>
  difference(wordsOf(from), wordsOf(to)).map(({ kind, words }) => [kind, words.join('')]);

test('words keep the white space before them, and joined they are the text', () => {
  const text = ' He saw\na  tree. \n';
  expect(wordsOf(text).join('')).toBe(text);
  expect(wordsOf(text)).toEqual([' He', ' saw', '\na', '  tree.', ' \n']);
});

test('what differs is told, what is gone before what is new', () => {
  expect(between('he went on an adventure. As', 'he went to the forest. As')).toEqual([
    ['same', 'he went'],
    ['gone', ' on an adventure.'],
    ['new', ' to the forest.'],
    ['same', ' As']
  ]);
  expect(between('a b', 'a b')).toEqual([['same', 'a b']]);
  expect(between('', 'a')).toEqual([['new', 'a']]);
  expect(between('a b c', 'a c')).toEqual([
    ['same', 'a'],
    ['gone', ' b'],
    ['same', ' c']
  ]);
});

test('both texts come back from any difference, with as few edits as there can be', () => {
  let seed = 3;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const drawn = () => Array.from({ length: random(12) }, () => 'abc'[random(3)]!);
  const common = (a: string[], b: string[]): number => {
    const table = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
    for (let i = 1; i <= a.length; i++)
      for (let j = 1; j <= b.length; j++)
        table[i]![j] =
          a[i - 1] === b[j - 1]
            ? table[i - 1]![j - 1] + 1
            : Math.max(table[i - 1]![j], table[i]![j - 1]);
    return table[a.length]![b.length];
  };
  for (let round = 0; round < 500; round++) {
    const [from, to] = [drawn(), drawn()];
    const hunks = difference(from, to);
    const words = (kinds: string[]) =>
      hunks.filter((one) => kinds.includes(one.kind)).flatMap((one) => one.words);
    expect(words(['same', 'gone'])).toEqual(from);
    expect(words(['same', 'new'])).toEqual(to);
    expect(words(['same']).length).toBe(common(from, to));
  }
});

test('texts with nothing in common are told as one change, and soon', () => {
  const from = Array.from({ length: 5000 }, (_, n) => `a${n}`);
  const to = Array.from({ length: 5000 }, (_, n) => `b${n}`);
  expect(difference(from, to).map((one) => one.kind)).toEqual(['gone', 'new']);
});

test('an excerpt keeps a few words around each difference, and counts the rest', () => {
  const long = Array.from({ length: 30 }, (_, n) => ` w${n}`);
  const found = excerpt(difference([...long, ' old', ...long], [...long, ' new', ...long]));
  expect(found).toEqual([
    { kind: 'left-out', count: 26 },
    { kind: 'same', text: ' w26 w27 w28 w29' },
    { kind: 'gone', text: ' old' },
    { kind: 'new', text: ' new' },
    { kind: 'same', text: ' w0 w1 w2 w3' },
    { kind: 'left-out', count: 26 }
  ]);
});

test('an excerpt has so many differences at most', () => {
  const from = Array.from({ length: 40 }, (_, n) => (n % 4 ? 'x' : `a${n}`));
  const to = Array.from({ length: 40 }, (_, n) => (n % 4 ? 'x' : `b${n}`));
  const found = excerpt(difference(from, to), 3);
  expect(found.filter((one) => one.kind === 'new')).toHaveLength(3);
  expect(found[found.length - 1]).toEqual({ kind: 'left-out', count: 28 });
});

test('a long change is cut short', () => {
  const long = Array.from({ length: 500 }, (_, n) => ` w${n}`);
  const found = excerpt(difference(['a'], ['a', ...long]));
  expect(found.map((one) => one.kind)).toEqual(['same', 'new', 'left-out']);
  expect(found[2]).toEqual({ kind: 'left-out', count: 480 });
});
