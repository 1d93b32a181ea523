/**
 * Forward-backward over what a run tells: how probable each member of a step is among all paths of
 * the lattice that pass the step. What comes later can turn it: a word that looked probable may lead
 * nowhere.
 */

import { members, type RunView, type Step } from './view';

/** One step's part of the two passes; `m` members by rank, of which some go on. */
interface Passed {
  step: Step;
  /** where the members stand among the step's candidates */
  places: readonly number[];
  /** which members go on, as indices among the members */
  live: readonly number[];
  /** [k][m] posterior of each live member before as the parent of each member */
  parents: readonly Float64Array[];
  /** [m] share of all paths that end in each member */
  ending: Float64Array;
}

/** By step number, by candidate: the posterior, null for what is no member. */
export type Posteriors = readonly (readonly (number | null)[] | undefined)[];

/** Where a weight is 0 it counts as this, so that what it leads to keeps an order. */
const SMALLEST = Number.MIN_VALUE;

const sum = (values: Float64Array): number => values.reduce((total, one) => total + one, 0);

/** Make values sum to 1; where all are 0, each gets as much. */
function shared(values: Float64Array): Float64Array {
  const total = sum(values);
  return total > 0
    ? values.map((one) => one / total)
    : values.map(() => (values.length ? 1 / values.length : 0));
}

const fits = (rows: Step['transitions'], before: number, width: number): boolean =>
  rows.length === before && rows.every((row) => row.length === width);

/**
 * Carry weights [k] over a step's transitions [k][m]: what each member gets, and from whom.
 *
 * Done in logarithms against each column's greatest entry, so that nothing underflows. A member that
 * nothing leads to shares its parents evenly.
 */
function carried(
  weights: Float64Array,
  rows: Step['transitions'],
  width: number
): { mass: Float64Array; parents: Float64Array[] } {
  const logs = weights.map((one) => Math.log(Math.max(one, SMALLEST)));
  const mass = new Float64Array(width);
  const parents = rows.map(() => new Float64Array(width));
  for (let column = 0; column < width; column++) {
    let peak = -Infinity;
    rows.forEach((row, from) => {
      peak = Math.max(peak, logs[from]! + (row[column] ?? -Infinity));
    });
    let total = 0;
    rows.forEach((row, from) => {
      const joint = logs[from]! + (row[column] ?? -Infinity);
      const share = peak === -Infinity ? 1 : Math.exp(joint - peak);
      parents[from]![column] = share;
      total += share;
    });
    for (const row of parents) row[column]! /= total;
    mass[column] = Math.exp(peak) * total;
  }
  return { mass, parents };
}

/** The forward pass; null where the run tells too little for it. */
function forward(view: RunView): Passed[] | null {
  const passed: Passed[] = [];
  let weights: Float64Array = Float64Array.of(1);
  let goingOn = 1;
  for (const step of view.steps) {
    if (!step) continue;
    const places = members(step);
    if (!places.length || !fits(step.transitions, weights.length, places.length)) return null;
    const { mass, parents } = carried(weights, step.transitions, places.length);
    const ending = shared(mass).map((one) => goingOn * one);
    const live: number[] = [];
    places.forEach((place, member) => {
      if (step.candidates[place]!.state === 'kept') live.push(member);
    });
    weights = shared(Float64Array.from(live, (member) => mass[member]!));
    goingOn = live.reduce((total, member) => total + ending[member]!, 0);
    passed.push({ step, places, live, parents, ending });
  }
  // Whatever goes on ends in no member, but for those of the newest step.
  for (const { live, ending } of passed.slice(0, -1)) {
    for (const member of live) ending[member] = 0;
  }
  return passed;
}

function compute(view: RunView): Posteriors | null {
  const passed = forward(view);
  if (!passed) return null;
  const found: (readonly (number | null)[] | undefined)[] = view.steps.map(() => undefined);
  let later: { mass: Float64Array; parents: readonly Float64Array[] } | null = null;
  for (const { step, places, live, parents, ending } of passed.reverse()) {
    const mass = ending;
    live.forEach((member, row) => {
      const onward = later?.parents[row];
      onward?.forEach((share, column) => (mass[member]! += share * later!.mass[column]!));
    });
    const total = sum(mass);
    const posteriors: (number | null)[] = step.candidates.map(() => null);
    places.forEach((place, member) => {
      posteriors[place] = total > 0 ? mass[member]! / total : null;
    });
    found[step.step] = posteriors;
    later = { mass, parents };
  }
  return found;
}

const computed = new WeakMap<RunView, { posteriors: Posteriors | null }>();

/**
 * The share of the paths through each step that pass each of its members, at the view's moment.
 *
 * Time is linear in the steps; a view is gone through once. Null where the run tells no transitions.
 */
export function posteriors(view: RunView): Posteriors | null {
  let known = computed.get(view);
  if (!known) computed.set(view, (known = { posteriors: compute(view) }));
  return known.posteriors;
}

/** One candidate's posterior; null for what is no member, or where it is not known. */
export const posteriorOf = (view: RunView, step: number, index: number): number | null =>
  posteriors(view)?.[step]?.[index] ?? null;
