/** Where the arrow keys lead in a lattice. */

import { columnBefore, columnOf, type Column, type Layout } from './layout';
import { lineage, parentOf, type RunView } from './view';

/** A candidate, or the prompt (step -1), or the end (the number of steps). */
export interface Spot {
  readonly step: number;
  readonly index: number;
}

export const PROMPT_SPOT: Spot = { step: -1, index: 0 };

/** The spot in the layout that stands for another: a pill for all its steps, a cell that is shown. */
export function standing(layout: Layout, spot: Spot): Spot {
  const column = layout.columns[columnOf(layout, spot.step)];
  if (!column) return PROMPT_SPOT;
  if (column.kind !== 'step') return spotOf(column);
  const isShown = column.cells.some((cell) => cell.index === spot.index);
  return isShown ? spot : spotOf(column);
}

/** A column's first spot. */
export const spotOf = (column: Column): Spot => ({
  step: column.kind === 'run' ? column.last : column.first,
  index: column.cells[0]?.index ?? 0
});

export const sameSpot = (one: Spot | null, other: Spot | null): boolean =>
  one?.step === other?.step && one?.index === other?.index;

/** The best way to a spot: for each of its steps the candidate that it passes. */
export const wayTo = (view: RunView, spot: Spot): ReadonlyMap<number, number> =>
  new Map(lineage(view, spot.step, spot.index).map(({ step, index }) => [step, index]));

/** Where a key leads from a spot; null for a key that leads nowhere. */
export function moved(layout: Layout, view: RunView, from: Spot, key: string): Spot | null {
  const at = columnOf(layout, from.step);
  const column = layout.columns[at];
  if (!column) return null;
  switch (key) {
    case 'Home':
      return spotOf(layout.columns[0]!);
    case 'End':
      return spotOf(layout.columns[layout.columns.length - 1]!);
    case 'ArrowUp':
    case 'ArrowDown': {
      const row = column.cells.findIndex((cell) => cell.index === from.index);
      const next = column.cells[row + (key === 'ArrowUp' ? -1 : 1)];
      return next ? { step: from.step, index: next.index } : null;
    }
    case 'ArrowLeft':
      return toParent(layout, view, column, at, from);
    case 'ArrowRight':
      return toChild(layout, view, at, from);
    case '[':
    case ']':
      return toBranch(layout, at, key === '[' ? -1 : 1);
    default:
      return null;
  }
}

function toParent(
  layout: Layout,
  view: RunView,
  column: Column,
  at: number,
  from: Spot
): Spot | null {
  const before = layout.columns[columnBefore(layout, at)];
  if (!before) return null;
  const step = column.kind === 'run' ? column.first : from.step;
  const index = column.kind === 'run' ? onlyIndex(view, step) : from.index;
  const parent = parentOf(view, step, index);
  if (before.kind !== 'step' || parent === null) return spotOf(before);
  return standing(layout, { step: before.first, index: parent });
}

/** A run's first step has one candidate that was ever kept; that one leads on. */
const onlyIndex = (view: RunView, step: number): number => {
  const candidates = view.steps[step]?.candidates ?? [];
  return Math.max(
    0,
    candidates.findIndex((one) => one.state === 'kept' || one.state === 'finished')
  );
};

function toChild(layout: Layout, view: RunView, at: number, from: Spot): Spot | null {
  let next = at + 1;
  while (layout.columns[next]?.kind === 'gap') next++;
  const after = layout.columns[next];
  if (!after) return null;
  const children = after.cells
    .filter((cell) => parentOf(view, after.first, cell.index) === from.index)
    .sort(
      (one, other) => (other.candidate.score ?? -Infinity) - (one.candidate.score ?? -Infinity)
    );
  const best = children.find((cell) => cell.part === 'best') ?? children[0];
  return after.kind === 'step' && best ? { step: after.first, index: best.index } : spotOf(after);
}

function toBranch(layout: Layout, at: number, by: number): Spot | null {
  for (let next = at + by; next >= 0 && next < layout.columns.length; next += by) {
    const column = layout.columns[next]!;
    if (column.kind === 'step' && column.ofRun < 0) return spotOf(column);
  }
  return null;
}
