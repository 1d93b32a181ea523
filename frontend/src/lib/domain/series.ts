/** A run at one moment, as columns of numbers; and fewer points where there are more than pixels. */

import type { RunEvent, Settings } from './events';
import { isMember, type RunView, type Step, type Verdict } from './view';
import { leaves } from './ticks';

/** What the charts show of one step. */
export interface StepFigures {
  step: number;
  /** milliseconds after the run was asked for */
  at: number;
  /** nats */
  entropy: number;
  kept: number;
  pruned: number;
  keptMass: number;
  covered: number;
  threshold: number;
  /** the least probability of a candidate that passed the selection, pruned since or not */
  leastKept: number | null;
  /** the greatest probability of a candidate that did not */
  mostNot: number | null;
  /** probability of the most probable candidate */
  best: number;
}

const known = new WeakMap<Step, StepFigures>();

/** The figures of a step; a step never changes, so they are counted once. */
export function figuresOf(step: Step): StepFigures {
  const found = known.get(step);
  if (found) return found;
  const figures: StepFigures = {
    step: step.step,
    at: step.at,
    entropy: step.entropy,
    kept: 0,
    pruned: step.pruned,
    keptMass: step.keptMass,
    covered: step.covered,
    threshold: step.threshold,
    leastKept: null,
    mostNot: null,
    best: 0
  };
  for (const one of step.candidates) {
    figures.best = Math.max(figures.best, one.p);
    if (isMember(one)) figures.kept++;
    if (isMember(one) || one.state === 'pruned') {
      figures.leastKept = Math.min(figures.leastKept ?? 1, one.p);
    } else figures.mostNot = Math.max(figures.mostNot ?? 0, one.p);
  }
  known.set(step, figures);
  return figures;
}

/** The figures of all steps that are there, in order. */
export function stepFigures(view: RunView): StepFigures[] {
  const found: StepFigures[] = [];
  for (const step of view.steps) if (step) found.push(figuresOf(step));
  return found;
}

/** Whether the threshold is a share of the leading candidate's probability. */
export const isLeaderBasis = (settings: Settings): boolean =>
  settings.threshold_basis === 'leader' ||
  (settings.threshold_basis === 'auto' && settings.superposition === 'path');

/** The probability that a candidate needed at a step. */
export const cutOf = (figures: StepFigures, isLeader: boolean): number =>
  figures.threshold * (isLeader ? figures.best : 1);

export interface Point {
  x: number;
  /** null for a gap */
  y: number | null;
}

/**
 * Fewer points of a line, in order: for each pixel the first, the last, the least and the greatest,
 * so that no peak is lost. Points have to be in order of x.
 */
export function decimate(points: readonly Point[], pixels: number): readonly Point[] {
  const count = Math.max(1, Math.floor(pixels));
  if (points.length <= 4 * count) return points;
  const from = points[0]!.x;
  const wide = points[points.length - 1]!.x - from || 1;
  const found: Point[] = [];
  let start = 0;
  while (start < points.length) {
    const pixel = pixelOf(points[start]!.x, from, wide, count);
    let least = -1;
    let most = -1;
    let end = start;
    for (; end < points.length; end++) {
      const { x, y } = points[end]!;
      if (pixelOf(x, from, wide, count) !== pixel) break;
      if (y === null) continue;
      if (least < 0 || y < points[least]!.y!) least = end;
      if (most < 0 || y > points[most]!.y!) most = end;
    }
    // In order, and each once.
    let last = start;
    found.push(points[start]!);
    for (const place of [Math.min(least, most), Math.max(least, most), end - 1]) {
      if (place > last) found.push(points[place]!);
      last = Math.max(last, place);
    }
    start = end;
  }
  return found;
}

const pixelOf = (x: number, from: number, wide: number, count: number): number =>
  Math.min(count - 1, Math.floor(((x - from) / wide) * count));

/** Of steps that share a bar, the one with the most candidates: bars are never lower than it. */
export function bars(
  figures: readonly StepFigures[],
  most: number
): { from: number; to: number; kept: number; pruned: number }[] {
  const last = figures[figures.length - 1];
  if (!last) return [];
  const wide = Math.max(1, Math.ceil((last.step + 1) / Math.max(1, Math.floor(most))));
  const found: { from: number; to: number; kept: number; pruned: number }[] = [];
  for (const { step, kept, pruned } of figures) {
    const from = Math.floor(step / wide) * wide;
    const bar = found[found.length - 1];
    if (bar?.from !== from) found.push({ from, to: from + wide, kept, pruned });
    else if (kept + pruned > bar.kept + bar.pruned) Object.assign(bar, { kept, pruned });
  }
  return found;
}

/** One pruning: which step lost a candidate, and how many steps later. */
export interface Fall {
  step: number;
  at: number;
  late: number;
  effect: string;
  verdict: Verdict;
}

/** What was pruned or weakened, and how late. */
export function falls(view: RunView): Fall[] {
  const found: Fall[] = [];
  for (const verdict of view.verdicts) {
    if (verdict.at === null) continue;
    const { step, at, effect } = verdict;
    found.push({ step, at, late: at - step, effect, verdict });
  }
  return found;
}

/** Marks that would stand on each other, once each. */
export function distinct<T>(marks: readonly T[], place: (mark: T) => string): T[] {
  const seen = new Set<string>();
  return marks.filter((mark) => {
    const at = place(mark);
    if (seen.has(at)) return false;
    seen.add(at);
    return true;
  });
}

const WINDOW = 16;

/** Kept tokens a second over the last steps, by seconds since the run was asked for. */
export function speeds(figures: readonly StepFigures[]): Point[] {
  const found: Point[] = [];
  let tokens = 0;
  figures.forEach((one, place) => {
    tokens += one.kept + one.pruned;
    const before = figures[place - WINDOW];
    const first = figures[Math.max(0, place - WINDOW)]!;
    if (before) tokens -= before.kept + before.pruned;
    const started = place < WINDOW ? first.kept + first.pruned : 0;
    const passed = one.at - first.at;
    if (passed > 0) found.push({ x: one.at / 1000, y: ((tokens - started) / passed) * 1000 });
  });
  return found;
}

/** Tokens a second as the service measured them, up to a moment. */
export function measuredSpeeds(events: readonly RunEvent[], seen: number): Point[] {
  const found: Point[] = [];
  for (const event of events) {
    if (event.seq >= seen) break;
    if (event.type === 'run.stats') found.push({ x: (event.t_ms ?? 0) / 1000, y: event.tok_s });
  }
  return found;
}

/** One score that pruning held against a threshold. */
export interface Score {
  rule: string;
  score: number;
  threshold: number;
  /** whether the candidate left for it */
  left: boolean;
}

/**
 * What pruning scored by a moment: everything, where the events tell it (`candidates.judged`), or
 * else what was pruned or weakened. What left with another was not scored itself.
 */
export function scores(
  view: RunView,
  events: readonly RunEvent[]
): { scores: Score[]; isAll: boolean } {
  const judged: Score[] = [];
  for (const event of events) {
    if (event.seq >= view.seen) break;
    if (event.type !== 'candidates.judged') continue;
    for (const { rule, score, threshold, weight } of event.scores)
      judged.push({ rule, score, threshold, left: weight === 0 });
  }
  if (judged.length) return { scores: judged, isAll: true };
  const found: Score[] = [];
  for (const { rule, score, threshold, effect } of view.verdicts) {
    if (score === null || threshold === null || effect === 'descendant') continue;
    found.push({ rule, score, threshold, left: leaves(effect) });
  }
  return { scores: found, isAll: false };
}
