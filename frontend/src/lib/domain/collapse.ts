/** Linear runs: neighbouring steps with one candidate ever kept, shown as one pill until opened. */

import { spell, visible } from './spelling';
import { branches, isMember, type Candidate, type Step } from './view';

/** Which linear runs are open: none or all of them, except some; a run is named by its first step. */
export interface Expansion {
  readonly all: boolean;
  readonly except: ReadonlySet<number>;
}

export const COLLAPSED: Expansion = { all: false, except: new Set() };
export const EXPANDED: Expansion = { all: true, except: new Set() };

/** No pill shows more characters than this; its beginning is what tells it from others. */
export const PILL_LETTERS = 22;

export const isLinear = (step: Step): boolean => !branches(step);

export const isOpen = (expansion: Expansion, first: number): boolean =>
  expansion.all !== expansion.except.has(first);

/** The same with one run opened or closed. */
export function toggled(expansion: Expansion, first: number): Expansion {
  const except = new Set(expansion.except);
  if (!except.delete(first)) except.add(first);
  return { all: expansion.all, except };
}

/** The candidate that a linear step consists of. */
export const onlyOne = (step: Step): Candidate | undefined =>
  step.candidates.find(isMember) ?? step.candidates[0];

/** The beginning of what a linear run says; reads no more steps than that takes. */
export function runText(
  steps: readonly (Step | undefined)[],
  first: number,
  last: number,
  letters = PILL_LETTERS
): string {
  const tokens: Candidate[] = [];
  let length = 0;
  let number = first;
  for (; number <= last && length <= letters; number++) {
    const step = steps[number];
    const token = step && onlyOne(step);
    if (!token) continue;
    tokens.push(token);
    length += token.text.length;
  }
  return shorten(visible(spell(tokens).join('')), letters, number <= last);
}

/** At most so many letters, with a sign where something is left out. */
export function shorten(text: string, letters: number, isCut = false): string {
  const all = [...text];
  if (all.length <= letters && !isCut) return text;
  return `${all.slice(0, Math.max(1, letters - 1)).join('')}…`;
}
