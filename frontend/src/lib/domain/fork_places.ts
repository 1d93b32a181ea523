/** Where the runs of a family stand when they are drawn: a row for each, aligned by step. */

import { hierarchy } from 'd3-hierarchy';
import type { RunSummary } from '$lib/api/client';
import type { RunNode } from './fork_tree';

export interface ForkPlace {
  readonly run: RunSummary;
  readonly row: number;
  /** row of the run that it left; null for the first */
  readonly parentRow: number | null;
  readonly depth: number;
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
  const root = hierarchy<RunNode>(family, (node) => [...node.forks]).sort(
    (one, other) => (other.data.run.forked_at ?? 0) - (one.data.run.forked_at ?? 0)
  );
  const rows = new Map<unknown, number>();
  const places: ForkPlace[] = [];
  root.eachBefore((node) => {
    const { run } = node.data;
    const row = places.length;
    rows.set(node, row);
    const from = run.forked_at ?? 0;
    const left = Math.max(
      from,
      ...(node.children ?? []).map((fork) => fork.data.run.forked_at ?? 0)
    );
    places.push({
      run,
      row,
      parentRow: node.parent ? (rows.get(node.parent) ?? null) : null,
      depth: node.depth,
      from,
      to: Math.max(left + 1, (lengths[run.run_id] ?? 0) - 1)
    });
  });
  const longest = Math.max(...places.map((place) => place.to));
  return { places, steps: longest };
}
