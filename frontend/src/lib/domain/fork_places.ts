/** Where the runs of a family stand when they are drawn: a row for each, aligned by step. */

import type { RunSummary } from '$lib/api/client';
import type { RunNode } from './fork_tree';

export interface ForkPlace {
  readonly run: RunSummary;
  readonly row: number;
  /** row of the run that it left; null for the first */
  readonly parentRow: number | null;
  /** the step at which it left, 0 for the first */
  readonly from: number;
  /** the last step that is known of it */
  readonly to: number;
}

/**
 * One row a run: each fork below the run that it left, those that left later first, so that no line
 * crosses another. `lengths` says how many steps are known of a run.
 */
export function forkPlaces(
  family: RunNode,
  lengths: Readonly<Record<string, number>>
): { places: ForkPlace[]; steps: number } {
  const places: ForkPlace[] = [];
  const stand = ({ run, forks }: RunNode, parentRow: number | null): void => {
    const row = places.length;
    const from = leaves(run);
    const left = Math.max(from, ...forks.map((fork) => leaves(fork.run)));
    const to = Math.max(left + 1, (lengths[run.run_id] ?? 0) - 1);
    places.push({ run, row, parentRow, from, to });
    const later = [...forks].sort((one, other) => leaves(other.run) - leaves(one.run));
    for (const fork of later) stand(fork, row);
  };
  stand(family, null);
  return { places, steps: Math.max(...places.map((place) => place.to)) };
}

/** The step at which a run left the one that it is a fork of. */
const leaves = (run: RunSummary): number => run.forked_at ?? 0;
