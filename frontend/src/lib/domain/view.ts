/** A run at one moment: what every panel shows. */

import type {
  CandidateState,
  Decision,
  ForkPoint,
  ModelFacts,
  PromptToken,
  Settings
} from './events';

/** What was decided of a candidate, and when. */
export interface Verdict extends Decision {
  /** number of the event that told it */
  seq: number;
  /** the step at which it was decided, null where the rule did not say */
  at: number | null;
  /** where it stood among its step's candidates */
  index: number;
}

export interface Candidate {
  id: number;
  text: string;
  bytes: string | null;
  p: number;
  rank: number;
  parent: number | null;
  /** token id of the candidate it best came from, kept when it is pruned; null where unknown */
  origin?: number | null;
  score: number | null;
  weight: number | null;
  state: CandidateState;
  reason: string | null;
  /** the latest decision about it, if any */
  verdict: Verdict | null;
}

export interface Step {
  step: number;
  entropy: number;
  threshold: number;
  covered: number;
  keptMass: number;
  candidates: readonly Candidate[];
  transitions: readonly (readonly (number | null)[])[];
  /** number of the event that appended it */
  seq: number;
  /** milliseconds after the run was asked for */
  at: number;
  /** cache rows when it was appended; null where unknown */
  rows: number | null;
  /** how many of its candidates have been pruned */
  pruned: number;
}

export interface Ending {
  reason: string;
  /** null for a run that ended well */
  error: { code: string; message: string; retryable: boolean; requestId: string } | null;
  wallMs: number | null;
}

export interface RunView {
  runId: string;
  parent: ForkPoint | null;
  continuedFrom: 'state' | 'prefill' | null;
  reusedRows: number;
  model: ModelFacts | null;
  settings: Settings;
  seed: number | null;
  prompt: { text: string | null; tokens: readonly PromptToken[] };
  maxSteps: number;
  /** how many events this moment has seen; 0 before the first */
  seen: number;
  /** milliseconds of the newest event */
  at: number;
  /** index = step number; undefined where a step left as a whole */
  steps: readonly (Step | undefined)[];
  /** index = step number: which candidate the best path passes, -1 where it passes none */
  chain: readonly number[];
  verdicts: readonly Verdict[];
  settledSteps: number;
  tokensPerSecond: number | null;
  cacheRows: number | null;
  residentMb: number | null;
  ending: Ending | null;
}

export const isMember = (candidate: Candidate): boolean =>
  candidate.state === 'kept' || candidate.state === 'finished';

/** A step's members by rank, as indices among its candidates. */
export function members(step: Step): number[] {
  const found: number[] = [];
  step.candidates.forEach((candidate, index) => {
    if (isMember(candidate)) found.push(index);
  });
  return found;
}

/** How many candidates of a step are kept. */
export const width = (step: Step): number =>
  step.candidates.reduce((sum, one) => sum + (isMember(one) ? 1 : 0), 0);

/** Whether several hypotheses were kept at a step, now or before pruning. */
export const branches = (step: Step): boolean =>
  step.candidates.reduce((sum, one) => sum + (isMember(one) || one.state === 'pruned' ? 1 : 0), 0) >
  1;

/** The step before another; steps that left as a whole are passed over. */
export function stepBefore(view: RunView, step: number): Step | undefined {
  for (let number = step - 1; number >= 0; number--) {
    const found = view.steps[number];
    if (found) return found;
  }
  return undefined;
}

/** The candidate that a candidate best came from, as an index among the step before's. */
export function parentOf(view: RunView, step: number, index: number): number | null {
  const before = stepBefore(view, step);
  const candidate = view.steps[step]?.candidates[index];
  return before && candidate ? parentAmong(before, candidate) : null;
}

/** Where the candidate stands that another best came from; a pruned one remembers it. */
export function parentAmong(before: Step, candidate: Candidate): number | null {
  if (candidate.parent !== null) return members(before)[candidate.parent] ?? null;
  const index = before.candidates.findIndex((one) => one.id === candidate.origin);
  return index < 0 ? null : index;
}

/** The best chain that ends at a candidate, newest last. */
export function lineage(
  view: RunView,
  step: number,
  index: number
): { step: number; index: number }[] {
  const found = [{ step, index }];
  for (;;) {
    const last = found[found.length - 1]!;
    const before = stepBefore(view, last.step);
    const parent = parentOf(view, last.step, last.index);
    if (!before || parent === null) return found.reverse();
    found.push({ step: before.step, index: parent });
  }
}

/** Tokens of the best path, in order. */
export function bestPath(view: RunView): { step: Step; candidate: Candidate; index: number }[] {
  const found: { step: Step; candidate: Candidate; index: number }[] = [];
  view.chain.forEach((index, number) => {
    const step = view.steps[number];
    const candidate = step?.candidates[index];
    if (step && candidate) found.push({ step, candidate, index });
  });
  return found;
}
