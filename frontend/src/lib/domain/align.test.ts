import { describe, expect, test } from 'vitest';
import { align, sharedTokens, type Stretch } from './align';

const taken = (tokens: readonly number[], stretches: readonly Stretch[], same: boolean): number[] =>
  stretches.filter((one) => one.same === same).flatMap(({ from, to }) => tokens.slice(from, to));

/** Length of the longest common subsequence, by the plain table. */
function common(one: readonly number[], other: readonly number[]): number {
  let row = new Array<number>(other.length + 1).fill(0);
  for (const token of one) {
    const next = [0];
    other.forEach((rival, index) =>
      next.push(token === rival ? row[index]! + 1 : Math.max(row[index + 1]!, next[index]!))
    );
    row = next;
  }
  return row[other.length]!;
}

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

describe('align', () => {
  test('the first difference is found by token id', () => {
    expect(sharedTokens([1, 2, 3], [1, 2, 4])).toBe(2);
    expect(sharedTokens([1, 2], [1, 2, 4])).toBe(2);
    expect(sharedTokens([], [1])).toBe(0);
  });

  test('equal sequences are shared throughout', () => {
    expect(align([5, 6], [5, 6])).toEqual({ shared: 2, one: [], other: [], complete: true });
  });

  test('what follows the first difference is told apart', () => {
    const { shared, one, other } = align([1, 2, 9, 3, 4], [1, 7, 3, 4, 8]);
    expect(shared).toBe(1);
    expect(one).toEqual([
      { same: false, from: 1, to: 3 },
      { same: true, from: 3, to: 5 }
    ]);
    expect(other).toEqual([
      { same: false, from: 1, to: 2 },
      { same: true, from: 2, to: 4 },
      { same: false, from: 4, to: 5 }
    ]);
  });

  test('random sequences: everything is covered, in order, and as much is the same as can be', () => {
    const next = random(7);
    for (let round = 0; round < 300; round++) {
      const draw = () =>
        Array.from({ length: Math.floor(next() * 14) }, () => Math.floor(next() * 4));
      const [one, other] = [draw(), draw()];
      const found = align(one, other);
      expect(taken(one, found.one, true)).toEqual(taken(other, found.other, true));
      for (const [tokens, list] of [
        [one, found.one],
        [other, found.other]
      ] as const) {
        let at = found.shared;
        for (const stretch of list) {
          expect(stretch.from).toBe(at);
          at = stretch.to;
        }
        expect(at).toBe(tokens.length);
      }
      const same = taken(one, found.one, true).length;
      expect(found.shared + same).toBe(common(one, other));
    }
  });

  test('sequences that differ throughout end soon, and say that they were not compared', () => {
    const one = Array.from({ length: 20_000 }, (_, index) => index);
    const other = one.map((token) => token + 100_000);
    const found = align(one, other);
    expect(found.complete).toBe(false);
    expect(found.one).toEqual([{ same: false, from: 0, to: 20_000 }]);
  });
});
