/** Two runs beside each other. */

import { align, type Alignment, type Stretch } from './align';
import { spell } from './spelling';
import { bestPath, width, type Candidate, type RunView, type Step } from './view';

/** A stretch of a run's text, with what it spells. */
export interface Passage {
  same: boolean;
  text: string;
  /** its first step */
  step: number;
}

/** What stands at the first difference. */
export interface Difference {
  /** the steps there, null where a run has ended */
  steps: [number | null, number | null];
  tokens: [Candidate | null, Candidate | null];
  /** what each run gave the other's token at that step, null where it did not consider it */
  others: [number | null, number | null];
}

export interface Comparison {
  samePrompt: boolean;
  /** how many tokens are the same from the first on */
  shared: number;
  sharedText: string;
  one: Passage[];
  other: Passage[];
  /** null where both are the same as far as they go */
  difference: Difference | null;
  /** false where the rest differs too much to be told apart */
  complete: boolean;
}

interface Walked {
  path: readonly { step: Step; candidate: Candidate }[];
  pieces: readonly string[];
}

function walk(view: RunView): Walked {
  const path = bestPath(view);
  return { path, pieces: spell(path.map((one) => one.candidate)) };
}

const ids = ({ path }: Walked): number[] => path.map((one) => one.candidate.id);

/** Whether two runs went on from the same tokens. */
export function samePrompt(one: RunView, other: RunView): boolean {
  const [first, second] = [one.prompt.tokens, other.prompt.tokens];
  if (first.length === 0 || second.length === 0) return one.prompt.text === other.prompt.text;
  return first.length === second.length && first.every(({ id }, at) => id === second[at]!.id);
}

export function compare(one: RunView, other: RunView): Comparison {
  const [first, second] = [walk(one), walk(other)];
  const alignment = align(ids(first), ids(second));
  return {
    samePrompt: samePrompt(one, other),
    shared: alignment.shared,
    sharedText: first.pieces.slice(0, alignment.shared).join(''),
    one: passages(first, alignment.one),
    other: passages(second, alignment.other),
    difference: differenceOf(first, second, alignment),
    complete: alignment.complete
  };
}

const passages = (walked: Walked, stretches: readonly Stretch[]): Passage[] =>
  stretches.map(({ same, from, to }) => ({
    same,
    text: walked.pieces.slice(from, to).join(''),
    step: walked.path[from]!.step.step
  }));

function differenceOf(first: Walked, second: Walked, { shared }: Alignment): Difference | null {
  const [here, there] = [first.path[shared] ?? null, second.path[shared] ?? null];
  if (!here && !there) return null;
  return {
    steps: [here?.step.step ?? null, there?.step.step ?? null],
    tokens: [here?.candidate ?? null, there?.candidate ?? null],
    others: [
      probabilityOf(here?.step, there?.candidate),
      probabilityOf(there?.step, here?.candidate)
    ]
  };
}

const probabilityOf = (step?: Step, token?: Candidate): number | null =>
  step?.candidates.find((one) => one.id === token?.id)?.p ?? null;

/** A run in figures. */
export interface Figures {
  steps: number;
  /** of the best text so far, as the run itself scores it; null before the first step */
  score: number | null;
  /** mean of the hypotheses kept at a step, as they are now */
  width: number | null;
  pruned: number;
  /** mean over the steps, in nats */
  entropy: number | null;
  seconds: number;
}

export function figuresOf(view: RunView): Figures {
  let [steps, kept, pruned, entropy] = [0, 0, 0, 0];
  for (const step of view.steps) {
    if (!step) continue;
    steps++;
    kept += width(step);
    pruned += step.pruned;
    entropy += step.entropy;
  }
  const last = view.chain.findLastIndex((index) => index >= 0);
  return {
    steps,
    score: view.steps[last]?.candidates[view.chain[last]!]?.score ?? null,
    width: steps ? kept / steps : null,
    pruned,
    entropy: steps ? entropy / steps : null,
    seconds: (view.ending?.wallMs ?? view.at) / 1000
  };
}
