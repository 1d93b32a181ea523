/** The tints of the text: five classes for each of what a step tells, weakest first. */

import type { Tint } from './permalink';
import { width, type Step } from './view';

export type TintClass = 1 | 2 | 3 | 4 | 5;
export type Measure = Exclude<Tint, 'off'>;

export const TINT_NAMES: Record<Tint, string> = {
  off: 'Off',
  entropy: 'Entropy',
  probability: 'Probability',
  width: 'Tokens kept',
  prunings: 'Tokens pruned'
};

/** What a tint shows, in words. */
export const TINT_MEANINGS: Record<Measure, string> = {
  entropy: 'Entropy of the model’s next-token choice, in nats',
  probability: 'Probability of the token that is shown',
  width: 'Tokens kept at this step',
  prunings: 'Tokens pruned at this step'
};

const ENTROPY = [0.5, 1.5, 2.5, 3.5] as const;
const PROBABILITY = [0.9, 0.5, 0.2, 0.05] as const;
const WIDTH = [2, 3, 4, 6] as const;
const PRUNINGS = [1, 2, 3, 5] as const;

/** The classes' numbers in words, weakest tint first. */
export const TINT_CLASSES: Record<Measure, readonly [string, string, string, string, string]> = {
  entropy: ['under 0.5', '0.5 to 1.5', '1.5 to 2.5', '2.5 to 3.5', '3.5 and more'],
  probability: ['90 % and more', '50 to 90 %', '20 to 50 %', '5 to 20 %', 'under 5 %'],
  width: ['1', '2', '3', '4 or 5', '6 and more'],
  prunings: ['none', '1', '2', '3 or 4', '5 and more']
};

const reached = (value: number, bounds: readonly number[]): TintClass =>
  (1 + bounds.filter((bound) => value >= bound).length) as TintClass;

/** The class of a step under a tint, for the candidate that is shown there. */
export function tintClass(measure: Measure, step: Step, index: number): TintClass {
  switch (measure) {
    case 'entropy':
      return reached(step.entropy, ENTROPY);
    case 'probability': {
      const p = step.candidates[index]?.p ?? 0;
      return (1 + PROBABILITY.filter((bound) => p < bound).length) as TintClass;
    }
    case 'width':
      return reached(width(step), WIDTH);
    case 'prunings':
      return reached(step.pruned, PRUNINGS);
  }
}

/** Names of a token's classes under all tints at once: to change the tint costs no drawing anew. */
export const tintClasses = (step: Step, index: number): string =>
  `e${tintClass('entropy', step, index)} p${tintClass('probability', step, index)} ` +
  `w${tintClass('width', step, index)} r${tintClass('prunings', step, index)}`;

/** Relative luminance of a colour such as #3a48c4, as WCAG defines it. */
export function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** Contrast of two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}
