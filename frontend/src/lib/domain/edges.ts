/** The lines of a lattice: how each candidate follows from those of the step before. */

import { members, parentAmong, type Step } from './view';

export type EdgeKind =
  /** of the path that is shown */
  | 'best'
  /** the best parent of a candidate that is kept */
  | 'parent'
  /** another transition that is kept */
  | 'other'
  /** where a pruned candidate came from */
  | 'fallen';

export interface Edge {
  /** among the candidates of the step before; -1 for the prompt */
  readonly from: number;
  readonly to: number;
  /** transition probability, in [0, 1] */
  readonly p: number;
  readonly kind: EdgeKind;
}

const WIDEST = 11;
const NARROWEST = 1;

/** How wide an edge is drawn. */
export const thickness = (p: number): number => Math.max(NARROWEST, WIDEST * Math.min(1, p));

/** Which candidates before a step the rows of its transitions belong to. */
function rowsOf(before: Step | undefined, count: number): number[] {
  if (!before) return [-1];
  const all = members(before);
  const live = all.filter((index) => before.candidates[index]!.state === 'kept');
  return live.length === count || all.length !== count ? live : all;
}

/**
 * The edges into a step. `path` says where the shown path stands before and at the step, -1 for
 * nowhere; `least` hides what is less probable, but never the path itself.
 */
export function edgesInto(
  step: Step,
  before: Step | undefined,
  path: { from: number; to: number },
  least = 0
): Edge[] {
  const edges: Edge[] = [];
  const rows = rowsOf(before, step.transitions.length);
  members(step).forEach((to, column) => {
    const candidate = step.candidates[to]!;
    const parent = before ? parentAmong(before, candidate) : -1;
    let isPathDrawn = path.to !== to || (before !== undefined && path.from < 0);
    rows.forEach((from, row) => {
      const value = step.transitions[row]?.[column];
      const isParent = from === parent;
      const isPath = from === path.from && to === path.to;
      const p =
        value === undefined || value === null ? (isParent ? candidate.p : 0) : Math.exp(value);
      if (!isPath && (p < least || p === 0)) return;
      isPathDrawn ||= isPath;
      edges.push({ from, to, p, kind: isPath ? 'best' : isParent ? 'parent' : 'other' });
    });
    // A path may pass what is no member any more, as one of the n best texts of an earlier moment.
    if (!isPathDrawn) edges.push({ from: path.from, to, p: candidate.p, kind: 'best' });
  });
  step.candidates.forEach((candidate, to) => {
    if (candidate.state !== 'pruned' || candidate.p < least) return;
    const from = before ? parentAmong(before, candidate) : -1;
    if (from !== null) edges.push({ from, to, p: candidate.p, kind: 'fallen' });
  });
  return edges;
}

const short = (value: number): string => String(Math.round(value * 10) / 10);

/** A band from one point to another, level at both ends, as wide as `wide`; closed, to be filled. */
export function ribbon(x0: number, y0: number, x1: number, y1: number, wide: number): string {
  const half = wide / 2;
  const middle = short((x0 + x1) / 2);
  const [left, right] = [short(x0), short(x1)];
  const [a, b, c, d] = [short(y0 - half), short(y1 - half), short(y1 + half), short(y0 + half)];
  if (y0 === y1) return `M${left} ${a}H${right}V${c}H${left}Z`;
  return `M${left} ${a}C${middle} ${a} ${middle} ${b} ${right} ${b}V${c}C${middle} ${c} ${middle} ${d} ${left} ${d}Z`;
}

/** A line from one point to another, level at both ends; to be stroked. */
export function curve(x0: number, y0: number, x1: number, y1: number): string {
  const middle = short((x0 + x1) / 2);
  return `M${short(x0)} ${short(y0)}C${middle} ${short(y0)} ${middle} ${short(y1)} ${short(x1)} ${short(y1)}`;
}
