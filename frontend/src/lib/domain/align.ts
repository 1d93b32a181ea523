/** Two token sequences beside each other: equal until a first difference, then what differs. */

/** A stretch of one sequence, from `from` up to, but without, `to`. */
export interface Stretch {
  same: boolean;
  from: number;
  to: number;
}

export interface Alignment {
  /** how many tokens are equal from the first on */
  shared: number;
  /** what follows in the first sequence; stretches that are the same stand in both, in this order */
  one: Stretch[];
  other: Stretch[];
  /** false where the sequences differ too much for what follows to be compared */
  complete: boolean;
}

/** More differing tokens than this are not told apart; the work grows with its square. */
const MOST_DIFFERING = 400;

/** How many tokens two sequences have in common from the first on. */
export function sharedTokens(one: readonly number[], other: readonly number[]): number {
  const most = Math.min(one.length, other.length);
  let shared = 0;
  while (shared < most && one[shared] === other[shared]) shared++;
  return shared;
}

/** Align by token id: exact up to the first difference, and the fewest differing tokens after it. */
export function align(
  one: readonly number[],
  other: readonly number[],
  mostDiffering = MOST_DIFFERING
): Alignment {
  const shared = sharedTokens(one, other);
  const matches = matching(one.slice(shared), other.slice(shared), mostDiffering);
  const complete = matches !== null;
  return {
    shared,
    one: stretches(matches?.map(([place]) => place) ?? [], shared, one.length),
    other: stretches(matches?.map(([, place]) => place) ?? [], shared, other.length),
    complete
  };
}

/**
 * Pairs of equal tokens in both orders, as many as can be: Myers' greedy algorithm. Null where more
 * than `most` tokens differ.
 */
function matching(
  one: readonly number[],
  other: readonly number[],
  most: number
): [number, number][] | null {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= Math.min(most, one.length + other.length); edits++) {
    trace.push(new Map(furthest));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = beforeSnake(furthest, diagonal, edits).x;
      while (x < one.length && x - diagonal < other.length && one[x] === other[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= one.length && x - diagonal >= other.length) return pairs(trace, one, other);
    }
  }
  return null;
}

/** Where a diagonal is entered with one more edit, and from which one. */
function beforeSnake(
  furthest: ReadonlyMap<number, number>,
  diagonal: number,
  edits: number
): { x: number; from: number } {
  const left = furthest.get(diagonal - 1) ?? -1;
  const above = furthest.get(diagonal + 1) ?? -1;
  const goesDown = diagonal === -edits || (diagonal !== edits && left < above);
  return goesDown ? { x: above, from: diagonal + 1 } : { x: left + 1, from: diagonal - 1 };
}

function pairs(
  trace: readonly ReadonlyMap<number, number>[],
  one: readonly number[],
  other: readonly number[]
): [number, number][] {
  const found: [number, number][] = [];
  let x = one.length;
  let diagonal = one.length - other.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const entered = beforeSnake(trace[edits]!, diagonal, edits);
    while (x > entered.x) {
      x--;
      found.push([x, x - diagonal]);
    }
    diagonal = entered.from;
    x = trace[edits]!.get(diagonal) ?? 0;
  }
  return found.reverse();
}

/** Turn places that are the same, counted from `start`, into stretches that cover all. */
function stretches(same: readonly number[], start: number, end: number): Stretch[] {
  const found: Stretch[] = [];
  const put = (isSame: boolean, from: number, to: number): void => {
    const last = found[found.length - 1];
    if (from === to) return;
    if (last?.same === isSame) last.to = to;
    else found.push({ same: isSame, from, to });
  };
  let next = start;
  for (const place of same) {
    put(false, next, start + place);
    put(true, start + place, start + place + 1);
    next = start + place + 1;
  }
  put(false, next, end);
  return found;
}
