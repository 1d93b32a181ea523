import { describe, expect, test } from 'vitest';
import { COLLAPSED, EXPANDED, isLinear, toggled } from './collapse';
import { numbers, sampleStep, sampleSteps } from './lattice_samples';
import {
  BOX,
  columnAt,
  columnBefore,
  columnOf,
  heightOf,
  LETTER,
  layOut,
  room,
  type Layout,
  type LayoutInput
} from './layout';

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed + 1);

function input(count: number, seed: number, more: Partial<LayoutInput> = {}): LayoutInput {
  const { steps, chain } = sampleSteps(count, seed);
  return { ...BASE, steps, chain, ...more };
}

const BASE: LayoutInput = {
  steps: [],
  chain: [],
  prompt: 'Once upon a time',
  ending: null,
  expansion: COLLAPSED,
  withUnkept: false
};

function expectNoOverlap({ columns, width }: Layout): void {
  columns.forEach((column, at) => {
    const next = columns[at + 1];
    if (next) expect(next.x).toBeGreaterThan(column.x + column.width);
    else expect(width).toBe(column.x + column.width);
    for (const cell of column.cells) expect(LETTER * room(cell.label)).toBeLessThan(column.width);
    const heights = column.cells.map((cell) => cell.y).sort((a, b) => a - b);
    heights.slice(1).forEach((y, row) => expect(y - heights[row]!).toBeGreaterThan(BOX));
  });
}

function expectEachStepOnce({ columns, input: { steps } }: Layout): void {
  let next = 0;
  for (const column of columns.filter((one) => one.kind !== 'prompt' && one.kind !== 'end')) {
    expect(column.first).toBe(next);
    next = column.last + 1;
  }
  expect(next).toBe(steps.length);
}

describe.each(SEEDS)('a lattice of seed %i', (seed) => {
  const random = numbers(seed * 7919);
  const more = {
    expansion: random() < 0.5 ? COLLAPSED : EXPANDED,
    withUnkept: random() < 0.3,
    ending: random() < 0.5 ? 'the text ended' : null
  };

  test('has no overlap, and every step in one place', () => {
    const layout = layOut(input(80, seed, more));
    expectNoOverlap(layout);
    expectEachStepOnce(layout);
  });

  test('is the same however it grew, and columns keep their places', () => {
    const whole = input(80, seed, more);
    let layout: Layout | null = null;
    for (let count = 0; count <= 80; count += 1 + Math.floor(random() * 4)) {
      const now = {
        ...whole,
        steps: whole.steps.slice(0, count),
        chain: whole.chain.slice(0, count)
      };
      const before: Layout | null = layout;
      layout = layOut(now, before);
      expect(layout).toEqual(layOut(now));
      const stayed = before?.columns.slice(0, -2) ?? [];
      stayed.forEach((column, at) => expect(layout!.columns[at]).toBe(column));
    }
  });

  test('lays out again only what changed', () => {
    const whole = input(80, seed, more);
    const before = layOut(whole);
    const at = Math.floor(random() * 80);
    const old = whole.steps[at];
    if (!old) return;
    const chosen = old.candidates.map((one, index) =>
      index > 0 && one.state === 'kept' ? { ...one, state: 'pruned' as const } : one
    );
    const steps = whole.steps.with(at, { ...old, candidates: chosen });
    const after = layOut({ ...whole, steps }, before);
    expect(after).toEqual(layOut({ ...whole, steps }));
    expect(after.columns.map((one) => one.x)).toEqual(before.columns.map((one) => one.x));
    const changed = after.columns.filter((one, place) => one !== before.columns[place]);
    const parts = changed.filter((one) => one.kind === 'step').map((one) => one.first);
    expect(parts.every((first) => first === at)).toBe(true);
  });

  test('goes back to an earlier moment, and comes from other settings', () => {
    const whole = input(60, seed, more);
    const layout = layOut(whole);
    const earlier = { ...whole, steps: whole.steps.slice(0, 25), chain: whole.chain.slice(0, 25) };
    expect(layOut(earlier, layout)).toEqual(layOut(earlier));
    const opened = {
      ...whole,
      expansion: toggled(whole.expansion, 3),
      withUnkept: !more.withUnkept
    };
    expect(layOut(opened, layout)).toEqual(layOut(opened));
  });

  test('finds columns by place and by step', () => {
    const layout = layOut(input(80, seed, more));
    layout.columns.forEach((column, at) => {
      expect(columnAt(layout, column.x)).toBe(at);
      expect(columnAt(layout, column.x + column.width)).toBe(at);
      expect(columnOf(layout, column.first)).toBe(at);
      expect(columnOf(layout, column.last)).toBe(at);
      expect(layout.columns[columnBefore(layout, at)]?.kind).not.toBe('gap');
    });
  });
});

test('the best path is straight', () => {
  const layout = layOut(input(80, 5, { expansion: EXPANDED }));
  for (const column of layout.columns.filter((one) => one.kind === 'step')) {
    expect(heightOf(column, layout.input.chain[column.first]!)).toBe(0);
    const [first] = column.cells;
    expect(first!.part).toBe('best');
  }
});

test('a change of the best path alone lays its steps out again', () => {
  const given = input(80, 5, { expansion: EXPANDED });
  const at = given.steps.findIndex((step) => step?.candidates[1]?.state === 'kept');
  const chain = given.chain.with(at, given.chain[at] === 0 ? 1 : 0);
  const after = layOut({ ...given, chain }, layOut(given));
  expect(after).toEqual(layOut({ ...given, chain }));
  expect(heightOf(after.columns[columnOf(after, at)]!, chain[at]!)).toBe(0);
});

test('members stand by rank, and what was pruned below them', () => {
  const layout = layOut(input(200, 9, { expansion: EXPANDED, withUnkept: true }));
  const order = ['best', 'kept', 'pruned', 'unkept'];
  for (const column of layout.columns.filter((one) => one.kind === 'step')) {
    const parts = column.cells.map((cell) => order.indexOf(cell.part));
    expect(parts).toEqual([...parts].sort());
    const kept = column.cells
      .filter((cell) => cell.part === 'kept')
      .map((one) => one.candidate.rank);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
  }
});

test('neighbouring steps with one candidate are one pill, until it is opened', () => {
  const random = numbers(1);
  const steps = Array.from({ length: 6 }, (_, number) => {
    const step = sampleStep(number, random);
    const single = { ...step.candidates[0]!, state: 'kept' as const, text: ` w${number}` };
    const twin = { ...single, id: 9, rank: 1 };
    return { ...step, pruned: 0, candidates: number === 3 ? [single, twin] : [single] };
  });
  const given = { ...BASE, steps, chain: [0, 0, 0, 0, 0, 0] };
  const kinds = (layout: Layout) => layout.columns.map((one) => one.kind);
  expect(steps.map(isLinear)).toEqual([true, true, true, false, true, true]);
  const closed = layOut(given);
  expect(kinds(closed)).toEqual(['prompt', 'run', 'step', 'run']);
  expect(closed.columns[1]).toMatchObject({ first: 0, last: 2, label: '␣w0 w1 w2' });
  const opened = layOut({ ...given, expansion: toggled(COLLAPSED, 0) }, closed);
  expect(kinds(opened)).toEqual(['prompt', 'step', 'step', 'step', 'step', 'run']);
});

test('steps that left as a whole are a gap', () => {
  const { steps, chain } = sampleSteps(8, 3, 0);
  const given = {
    ...BASE,
    expansion: EXPANDED,
    chain,
    steps: steps.with(3, undefined).with(4, undefined)
  };
  const layout = layOut(given);
  const at = layout.columns.findIndex((one) => one.kind === 'gap');
  expect(layout.columns[at]).toMatchObject({ first: 3, last: 4, label: '2 steps removed' });
  expect(columnBefore(layout, at + 1)).toBe(at - 1);
});

test('one more step leaves the columns of all others as they are', () => {
  const { steps, chain } = sampleSteps(400, 11);
  const before = layOut({ ...BASE, steps: steps.slice(0, 399), chain: chain.slice(0, 399) });
  const after = layOut({ ...BASE, steps, chain }, before);
  expect(after).toEqual(layOut({ ...BASE, steps, chain }));
  const kept = after.columns.filter((one, at) => one === before.columns[at]);
  expect(kept.length).toBeGreaterThan(before.columns.length - 5);
});
