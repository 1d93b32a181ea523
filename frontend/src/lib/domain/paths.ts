/** Paths through a lattice: the best one, and those of the n best texts. */

import { type RunView } from './view';

/**
 * Where a text's tokens stand: for each step number the candidate's index, -1 where the path passes
 * none. Steps that left as a whole are passed over; null where the tokens are not in the view.
 */
export function chainOf(view: RunView, tokens: readonly number[]): number[] | null {
  const chain: number[] = [];
  let next = 0;
  for (const step of view.steps) {
    const token = tokens[next];
    if (!step || token === undefined) {
      chain.push(-1);
      continue;
    }
    const index = step.candidates.findIndex((one) => one.id === token);
    if (index < 0) return null;
    chain.push(index);
    next++;
  }
  return next === tokens.length ? chain : null;
}
