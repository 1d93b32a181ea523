/** Runs as a forest: forks under the runs that they left. */

import type { RunSummary } from '$lib/api/client';

export interface RunNode {
  readonly run: RunSummary;
  /** newest first */
  readonly forks: readonly RunNode[];
}

/** All runs as trees, newest first; one whose parent is not among them stands by itself. */
export function forest(runs: readonly RunSummary[]): RunNode[] {
  const newest = [...runs].sort((one, other) => other.asked_at - one.asked_at);
  const known = new Map(newest.map((run) => [run.run_id, run]));
  const children = new Map<string, RunSummary[]>();
  const roots: RunSummary[] = [];
  for (const run of known.values()) {
    const parent = run.parent && known.has(run.parent.run_id) ? run.parent.run_id : null;
    if (parent === null) roots.push(run);
    else children.set(parent, [...(children.get(parent) ?? []), run]);
  }
  const grown = new Set<string>();
  const grow = (run: RunSummary): RunNode => {
    grown.add(run.run_id);
    const forks = (children.get(run.run_id) ?? []).filter((fork) => !grown.has(fork.run_id));
    return { run, forks: forks.map(grow) };
  };
  return roots.map(grow);
}

/** The whole tree that a run belongs to; null where the run is not among them. */
export function familyOf(runs: readonly RunSummary[], id: string): RunNode | null {
  const known = new Map(runs.map((run) => [run.run_id, run]));
  let run = known.get(id);
  const seen = new Set<string>();
  while (run?.parent && known.has(run.parent.run_id) && !seen.has(run.run_id)) {
    seen.add(run.run_id);
    run = known.get(run.parent.run_id);
  }
  return forest(runs).find((root) => root.run.run_id === run?.run_id) ?? null;
}

/** Whether a run is in a tree. */
export const holds = (node: RunNode, id: string): boolean =>
  node.run.run_id === id || node.forks.some((fork) => holds(fork, id));

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60]
];

/** How long ago something was, both in seconds since the epoch. */
export function age(asked: number, now: number): string {
  const seconds = Math.max(0, now - asked);
  for (const [unit, size] of UNITS) {
    if (seconds < size) continue;
    return `${Math.floor(seconds / size)} ${unit === 'minute' ? 'min' : unit}${
      unit !== 'minute' && seconds >= 2 * size ? 's' : ''
    } ago`;
  }
  return 'just now';
}
