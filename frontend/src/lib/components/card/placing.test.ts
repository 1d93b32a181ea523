import { expect, test } from 'vitest';
import { place } from './placing';

const viewport = { width: 1000, height: 800 };
const wanted = { width: 350, height: 400 };
const at = (left: number, top: number) => ({ left, right: left + 50, top, bottom: top + 20 });

test('a card stands below its anchor, and above where below is too little room', () => {
  expect(place(at(300, 100), wanted, viewport)).toEqual({
    left: 292,
    top: 128,
    bottom: null,
    most: 664
  });
  expect(place(at(300, 700), wanted, viewport)).toEqual({
    left: 292,
    top: null,
    bottom: 108,
    most: 684
  });
});

test('where neither side has the room, the larger one is taken', () => {
  const found = place(at(300, 300), { width: 350, height: 700 }, viewport);
  expect([found.top, found.most]).toEqual([328, 464]);
});

test('a card never leaves the viewport', () => {
  expect(place(at(980, 100), wanted, viewport).left).toBe(642);
  expect(place(at(-20, 100), wanted, viewport).left).toBe(8);
  expect(place(at(10, 100), wanted, { width: 300, height: 800 }).left).toBe(8);
});
