/** A run as other programs read it: file names, its text, and its steps as a table. */

import { spell } from './spelling';
import { bestPath, isMember, width, type RunView, type Step } from './view';

/** "tempo once-upon-a-time 3f2a.json": what a run's files are called. */
export function fileName(view: RunView, ending: string): string {
  const prompt = (view.prompt.text ?? '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  const words = [...prompt].slice(0, 40).join('').replace(/-+$/, '');
  const name = ['tempo', words, view.runId.slice(0, 8)].filter((part) => part !== '').join('-');
  return `${name}${ending}`;
}

/** The prompt and the best path behind it. */
export function wholeText(view: RunView): string {
  const prompt = view.prompt.text ?? spell(view.prompt.tokens).join('');
  return prompt + spell(bestPath(view).map((one) => one.candidate)).join('');
}

const COLUMNS = [
  'step',
  'token',
  'token_id',
  'probability',
  'rank',
  'weight',
  'score',
  'entropy',
  'threshold',
  'covered',
  'kept_mass',
  'considered',
  'kept',
  'pruned',
  'kept_tokens',
  'milliseconds'
] as const;

/**
 * Text as JSON writes it, so that spaces, line breaks and quotes survive, and so that no
 * spreadsheet takes "=..." for a formula.
 */
const shown = (text: string): string => JSON.stringify(text);

const cell = (value: string | number | null): string => {
  if (value === null) return '';
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function row(step: Step, index: number): Record<(typeof COLUMNS)[number], string | number | null> {
  const chosen = step.candidates[index];
  const kept = step.candidates.filter(isMember);
  return {
    step: step.step,
    token: chosen ? shown(chosen.text) : null,
    token_id: chosen?.id ?? null,
    probability: chosen?.p ?? null,
    rank: chosen?.rank ?? null,
    weight: chosen?.weight ?? null,
    score: chosen?.score ?? null,
    entropy: step.entropy,
    threshold: step.threshold,
    covered: step.covered,
    kept_mass: step.keptMass,
    considered: step.candidates.length,
    kept: width(step),
    pruned: step.pruned,
    kept_tokens: kept.map((one) => shown(one.text)).join(' '),
    milliseconds: step.at
  };
}

/** The steps as comma-separated values; the token is that of the best path. */
export function stepTable(view: RunView): string {
  const rows = view.steps.flatMap((step, number) =>
    step ? [row(step, view.chain[number] ?? -1)] : []
  );
  const lines = rows.map((one) => COLUMNS.map((name) => cell(one[name])).join(','));
  return [COLUMNS.join(','), ...lines].join('\r\n') + '\r\n';
}
