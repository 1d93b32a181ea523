import { expect, test } from 'vitest';
import { COLLAPSED, EXPANDED } from './collapse';
import { sampleSteps } from './lattice_samples';
import { layOut, type Layout } from './layout';
import { moved, PROMPT_SPOT, sameSpot, spotOf, standing, type Spot } from './moves';
import { parentOf, type RunView } from './view';

function sample(seed: number, isOpen: boolean): { layout: Layout; view: RunView } {
  const { steps, chain } = sampleSteps(40, seed);
  const expansion = isOpen ? EXPANDED : COLLAPSED;
  const given = { steps, chain, prompt: 'p', ending: 'end', expansion, withUnkept: false };
  return { layout: layOut(given), view: { steps, chain } as unknown as RunView };
}

const isShown = (layout: Layout, spot: Spot): boolean => sameSpot(standing(layout, spot), spot);

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'seed %i: right leads to the end, left to the prompt',
  (seed) => {
    for (const isOpen of [true, false]) {
      const { layout, view } = sample(seed, isOpen);
      let spot: Spot = PROMPT_SPOT;
      for (let next: Spot | null = spot; next; next = moved(layout, view, spot, 'ArrowRight')) {
        expect(isShown(layout, next)).toBe(true);
        expect(next.step).toBeGreaterThanOrEqual(spot.step);
        spot = next;
      }
      expect(spot).toEqual(moved(layout, view, PROMPT_SPOT, 'End'));
      for (let next: Spot | null = spot; next; next = moved(layout, view, spot, 'ArrowLeft')) {
        expect(isShown(layout, next)).toBe(true);
        spot = next;
      }
      expect(spot).toEqual(PROMPT_SPOT);
    }
  }
);

test('left leads to the best parent, up and down through the column', () => {
  const { layout, view } = sample(3, true);
  const column = layout.columns.find(
    (one, at) => one.cells.length > 2 && layout.columns[at - 1]!.kind === 'step'
  )!;
  for (const cell of column.cells.filter((one) => one.part === 'kept')) {
    const spot = { step: column.first, index: cell.index };
    expect(moved(layout, view, spot, 'ArrowLeft')!.index).toBe(
      parentOf(view, spot.step, cell.index)
    );
  }
  let spot: Spot | null = spotOf(column);
  expect(moved(layout, view, spot, 'ArrowUp')).toBeNull();
  for (const cell of column.cells.slice(1)) {
    spot = moved(layout, view, spot!, 'ArrowDown');
    expect(spot!.index).toBe(cell.index);
  }
});

test('right leads to the best child', () => {
  const { layout, view } = sample(3, true);
  let checked = 0;
  layout.columns.forEach((column, at) => {
    const after = layout.columns[at + 1];
    if (column.kind !== 'step' || after?.kind !== 'step') return;
    for (const { index, part } of column.cells) {
      if (part === 'pruned') continue;
      const children = after.cells.filter(
        (cell) => parentOf(view, after.first, cell.index) === index
      );
      if (children.length === 0) continue;
      const to = moved(layout, view, { step: column.first, index }, 'ArrowRight')!;
      const onPath = children.find((cell) => cell.part === 'best');
      const best = Math.max(...children.map((cell) => cell.candidate.score ?? -Infinity));
      const found = children.find((cell) => cell.index === to.index)!;
      expect(onPath ? found : found.candidate.score).toBe(onPath ?? best);
      checked++;
    }
  });
  expect(checked).toBeGreaterThan(20);
});

test('brackets lead from one branching step to the next', () => {
  const { layout, view } = sample(2, false);
  const branching = layout.columns.filter((one) => one.kind === 'step' && one.ofRun < 0);
  let spot: Spot = PROMPT_SPOT;
  for (const column of branching) {
    spot = moved(layout, view, spot, ']')!;
    expect(spot.step).toBe(column.first);
  }
  expect(moved(layout, view, spot, ']')).toBeNull();
  expect(moved(layout, view, spot, '[')!.step).toBe(branching.at(-2)!.first);
  expect(moved(layout, view, spot, 'x')).toBeNull();
});
