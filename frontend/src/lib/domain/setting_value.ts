/** What is typed in a form as values of settings. */

import type { SettingValue } from './events';

/** As much of a setting's description as is needed here. */
export interface Ranged {
  kind: string;
  allowed: string;
  default: SettingValue;
  least: number | null;
  most: number | null;
  low?: number | null;
  high?: number | null;
  step?: number | null;
}

export type Reading = { value: SettingValue } | { problem: string };

/** Read a number; whether it is allowed is the service's to say. */
export function readNumber(typed: string, spec: Ranged): Reading {
  const text = typed.trim();
  if (text === '') return { problem: `Type a number: ${spec.allowed}.` };
  if (/^inf(inity)?$/i.test(text) && spec.allowed.includes('inf')) return { value: 'inf' };
  const plain = text.replace(/^([+-]?\d*),(\d+)$/, '$1.$2');
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain);
  const value = Number(plain);
  if (isNumber && Number.isFinite(value)) return { value };
  return { problem: `“${text}” is no number; ${spec.allowed}.` };
}

export interface Slider {
  least: number;
  most: number;
  step: number;
}

/** What a slider offers, null for a setting that no slider suits. */
export function sliderOf(spec: Ranged): Slider | null {
  const least = spec.low ?? spec.least;
  const most = spec.high ?? spec.most;
  if (least === null || most === null || !(most > least)) return null;
  const step = spec.step ?? (spec.kind === 'integer' ? 1 : (most - least) / 100);
  return { least, most, step };
}

/** The value that an optional setting begins with when it is turned on. */
export function firstValue(spec: Ranged): number {
  const slider = sliderOf(spec);
  if (!slider) return spec.least ?? 1;
  const middle = (slider.least + slider.most) / 2;
  const steps = Math.round((middle - slider.least) / slider.step);
  const digits = Math.max(0, Math.ceil(-Math.log10(slider.step)) + 1);
  return Number((slider.least + steps * slider.step).toFixed(digits));
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** A text on one line, as it is typed: a line break is `\n`. */
export const escaped = (text: string): string =>
  text.replace(/[\n\t\r\\]/g, (found) =>
    found === '\n' ? '\\n' : found === '\t' ? '\\t' : found === '\r' ? '\\r' : '\\\\'
  );

/** What is meant by it; a backslash before another character stands for itself. */
export const unescaped = (text: string): string =>
  text.replace(/\\([ntr\\])/g, (_, letter: string) => ESCAPES[letter]!);
