/** What a candidate is and what was decided about it, in words and signs. */

import { percent, spoken, visible } from './spelling';
import { isMember, type Candidate, type RunView, type Step, type Verdict } from './view';

/** Controls, marks of direction and unusual line breaks; joiners stay, for emoji and scripts. */
const DISTURBING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text as it can stand in a page: what would change the text around it is spelled out. */
export const readable = (text: string): string =>
  text.replace(DISTURBING, (one) =>
    one === '\n' || one === '\t'
      ? one
      : `⟨U+${one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`
  );

const isEnd = ({ text, bytes }: Candidate): boolean => text === '' && bytes === null;

/** A candidate's token as the card shows it: white space and controls visible. */
export const label = (candidate: Candidate): string =>
  isEnd(candidate) ? 'end of text' : visible(candidate.text) || '◌';

/** The same for a screen reader. */
export const spokenLabel = (candidate: Candidate): string =>
  isEnd(candidate)
    ? 'end of the text'
    : candidate.text === ''
      ? 'part of a character'
      : spoken(candidate.text);

/** Where a candidate stands; the groups of a step's list, in their order. */
export type Standing = 'shown' | 'kept' | 'finished' | 'pruned' | 'over_cap' | 'below_threshold';

export const standing = (candidate: Candidate, isShown: boolean): Standing => {
  if (candidate.state === 'finished') return 'finished';
  return isShown ? 'shown' : candidate.state;
};

/** A sign for each standing, so that colour is never alone. */
export const SIGNS: Record<Standing, string> = {
  shown: '●',
  kept: '○',
  finished: '■',
  pruned: '✕',
  over_cap: '–',
  below_threshold: '–'
};

export const STANDINGS: Record<Standing, string> = {
  shown: 'on the path that is shown',
  kept: 'kept',
  finished: 'ends a text',
  pruned: 'pruned',
  over_cap: 'not kept',
  below_threshold: 'not kept'
};

const RULES: Record<string, string> = {
  posterior: 'posterior',
  attention: 'attention',
  relative_attention: 'attention, relative to its step’s most attended token,',
  coherence: 'coherence',
  diversity: 'diversity'
};

/** 0.00432 as "0.0043"; a share as percent. */
function measured(rule: string, value: number): string {
  return rule === 'posterior' ? percent(value) : String(Number(value.toPrecision(2)));
}

const cause = ({ rule, score, threshold }: Verdict): string => {
  const name = RULES[rule] ?? rule.replaceAll('_', ' ');
  if (score === null || threshold === null) return `by the rule ${name}`;
  const against = score < threshold ? 'below' : 'against';
  return `${name} ${measured(rule, score)} ${against} ${measured(rule, threshold)}`;
};

/** A decision in words: what was done, when, and what was measured. */
export function verdictWords(verdict: Verdict): string {
  const when = verdict.at === null ? '' : ` at step ${verdict.at}`;
  const why = cause(verdict);
  switch (verdict.effect) {
    case 'dropped':
      return `dropped before it joined the step: ${why}`;
    case 'descendant':
      return `pruned${when} with the token that its best path goes through: ${why}`;
    case 'weakened':
      return `kept; later tokens see it at less weight since step ${verdict.at}: ${why}`;
    case 'unattended':
      return `kept in the text; later tokens do not see it since step ${verdict.at}: ${why}`;
    case 'position_removed':
      return `its whole step was removed${when}: ${why}`;
    default:
      return `pruned${when}: ${why}`;
  }
}

/** What a candidate is and why, in words. */
export function stateWords(view: RunView, step: Step, candidate: Candidate, isShown: boolean) {
  const { state, verdict } = candidate;
  if (state === 'pruned') {
    return verdict ? verdictWords(verdict) : (candidate.reason ?? 'pruned');
  }
  if (state === 'below_threshold') {
    return candidate.p < step.threshold
      ? `considered, not kept: ${percent(candidate.p)} is below the threshold of ${percent(step.threshold)}`
      : 'considered, not kept: too improbable next to the leading token';
  }
  if (state === 'over_cap') {
    const most = view.settings.max_width;
    const cap = typeof most === 'number' ? `${most} tokens` : 'the most tokens allowed';
    return `considered, not kept: the step already held ${cap}`;
  }
  const place = isShown ? 'on the path that is shown' : 'beside the path that is shown';
  if (state === 'finished') return `kept as the end of a text, ${place}`;
  if (verdict && isMember(candidate)) return `${verdictWords(verdict)}; ${place}`;
  return `kept, ${place}`;
}

/** A short note for a candidate's line in the list; '' where its group says all. */
export function note(candidate: Candidate): string {
  const { state, verdict } = candidate;
  if (state === 'finished') return 'ends the text';
  if (state === 'over_cap') return 'over the width cap';
  if (state !== 'pruned') {
    if (verdict?.effect === 'weakened') return 'seen at less weight';
    return verdict?.effect === 'unattended' ? 'not seen any more' : '';
  }
  if (verdict?.effect === 'dropped') return 'dropped at once';
  return verdict?.at === null || verdict?.at === undefined ? '' : `at step ${verdict.at}`;
}

export interface Group {
  title: string;
  kind: 'kept' | 'pruned' | 'unkept';
  indices: number[];
}

/** A step's candidates by what became of them, each group by rank. */
export function groups(step: Step): Group[] {
  const found: Group[] = [
    { title: 'Kept', kind: 'kept', indices: [] },
    { title: 'Pruned', kind: 'pruned', indices: [] },
    { title: 'Considered, not kept', kind: 'unkept', indices: [] }
  ];
  step.candidates.forEach((candidate, index) => {
    const group = isMember(candidate) ? 0 : candidate.state === 'pruned' ? 1 : 2;
    found[group]!.indices.push(index);
  });
  const rank = (index: number) => step.candidates[index]!.rank;
  for (const group of found) group.indices.sort((one, other) => rank(one) - rank(other));
  return found.filter((group) => group.indices.length);
}

/** Why no run can go on from a candidate; null where one can. */
export function whyNoBranch(candidate: Candidate, isFromFile: boolean): string | null {
  if (isFromFile)
    return 'This run is from a file: no service has it, so nothing can go on from it.';
  if (candidate.state === 'finished' || isEnd(candidate)) {
    return 'This token ends the text: nothing can go on from it.';
  }
  return null;
}

/** A log-probability such as "−3.142": natural logarithms, with a real minus. */
export const nats = (value: number): string => value.toFixed(3).replace('-', '−');

/** Places among the n best texts in words: "1st and 3rd of the 5 best". */
export function placesWords(places: readonly number[], all: number): string {
  if (!places.length) return `in none of the ${all} best texts`;
  if (places.length === all) return all === 1 ? 'in the best text' : `in all ${all} best texts`;
  const last = `${places[places.length - 1]! + 1}`;
  const first = places.slice(0, -1).map((place) => `${place + 1}`);
  const list = first.length ? `${first.join(', ')} and ${last}` : last;
  return `in number ${list} of the ${all} best texts`;
}
