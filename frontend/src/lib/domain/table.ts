/** A run's steps as rows of a table: what they hold, which are wanted, and in which order. */

import type { Cell, Sheet } from './figures';
import { causeOf } from './moments';
import { figuresOf } from './series';
import { spell, visible } from './spelling';
import type { Candidate, RunView, Step } from './view';
import { isMember } from './view';

export interface Row {
  step: Step;
  /** the candidate on the path that is shown; null where it passes none */
  shown: Candidate | null;
  kept: number;
  pruned: readonly Candidate[];
  /** milliseconds since the step before; null for the first */
  ms: number | null;
}

interface Held {
  index: number;
  before: number | null;
  row: Row;
}

const held = new WeakMap<Step, Held>();

/** A row a step that is there; rows of steps that did not change are the same objects again. */
export function rowsOf(view: RunView, chain: readonly number[]): Row[] {
  const rows: Row[] = [];
  let before: number | null = null;
  for (const step of view.steps) {
    if (!step) continue;
    const index = chain[step.step] ?? -1;
    const known = held.get(step);
    if (known && known.index === index && known.before === before) rows.push(known.row);
    else {
      const row: Row = {
        step,
        shown: step.candidates[index] ?? null,
        kept: figuresOf(step).kept,
        pruned: step.candidates.filter((one) => one.state === 'pruned'),
        ms: before === null ? null : step.at - before
      };
      held.set(step, { index, before, row });
      rows.push(row);
    }
    before = step.at;
  }
  return rows;
}

export const WANTED = ['all', 'several', 'pruned'] as const;
export type Wanted = (typeof WANTED)[number];

const isWanted: Record<Wanted, (row: Row) => boolean> = {
  all: () => true,
  several: (row) => row.kept > 1,
  pruned: (row) => row.pruned.length > 0
};

const lowered = new WeakMap<Row, readonly string[]>();

/** The tokens that a step holds or held, in lower case. */
function everHeld(row: Row): readonly string[] {
  const known = lowered.get(row);
  if (known) return known;
  const texts = row.step.candidates
    .filter((one) => isMember(one) || one.state === 'pruned')
    .map((one) => one.text.toLowerCase());
  lowered.set(row, texts);
  return texts;
}

/**
 * Rows whose token was ever kept and spells the words looked for, or over which the text shown
 * spells them; letters of either case are the same.
 */
export function search(rows: readonly Row[], words: string): Set<Row> {
  const wanted = words.toLowerCase();
  const found = new Set<Row>();
  const pieces = spell(rows.map((row) => row.shown ?? { text: '', bytes: null })).map((piece) =>
    piece.toLowerCase()
  );
  const text = pieces.join('');
  const starts: number[] = [];
  pieces.reduce((start, piece, place) => ((starts[place] = start), start + piece.length), 0);
  let place = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    while (starts[place]! + pieces[place]!.length <= at) place++;
    for (let one = place; one < rows.length && starts[one]! < at + wanted.length; one++) {
      if (pieces[one]) found.add(rows[one]!);
    }
  }
  for (const row of rows) if (everHeld(row).some((one) => one.includes(wanted))) found.add(row);
  return found;
}

/** The rows that are wanted, in order. */
export function chosen(rows: readonly Row[], wanted: Wanted, words: string): readonly Row[] {
  const some = wanted === 'all' ? rows : rows.filter(isWanted[wanted]);
  if (words === '') return some;
  // Words may reach over rows that are not wanted, so all rows are looked at.
  const found = search(rows, words);
  return some.filter((row) => found.has(row));
}

export interface Column {
  key: string;
  label: string;
  /** what it means, for a reader who has not met it */
  hint: string;
  isNumber: boolean;
  value: (row: Row) => Cell;
}

export const COLUMNS: readonly Column[] = [
  {
    key: 'step',
    label: 'Step',
    hint: 'Number of the step, from 0',
    isNumber: true,
    value: (row) => row.step.step
  },
  {
    key: 'token',
    label: 'Token',
    hint: 'The token of this step in the text shown',
    isNumber: false,
    value: (row) => row.shown?.text ?? null
  },
  {
    key: 'probability',
    label: 'Probability',
    hint: 'The model’s probability of that token',
    isNumber: true,
    value: (row) => row.shown?.p ?? null
  },
  {
    key: 'entropy',
    label: 'Entropy',
    hint: 'How open the next token was, in nats',
    isNumber: true,
    value: (row) => row.step.entropy
  },
  {
    key: 'kept',
    label: 'Kept',
    hint: 'Tokens that the step holds now',
    isNumber: true,
    value: (row) => row.kept
  },
  {
    key: 'pruned',
    label: 'Pruned',
    hint: 'Tokens that it lost: which, and at which step',
    isNumber: true,
    value: (row) => row.pruned.length
  },
  {
    key: 'threshold',
    label: 'Threshold',
    hint: 'Probability that a token needed to be kept',
    isNumber: true,
    value: (row) => row.step.threshold
  },
  {
    key: 'covered',
    label: 'Covered',
    hint: 'Probability of all tokens that were looked at',
    isNumber: true,
    value: (row) => row.step.covered
  },
  {
    key: 'rows',
    label: 'Cache',
    hint: 'Tokens in the model’s cache when the step was appended',
    isNumber: true,
    value: (row) => row.step.rows
  },
  {
    key: 'ms',
    label: 'ms',
    hint: 'Milliseconds since the step before',
    isNumber: true,
    value: (row) => row.ms
  }
];

export type Direction = 'ascending' | 'descending';

/** Rows by a column; rows without a value come last either way, equal ones stay in order. */
export function sorted(rows: readonly Row[], key: string, direction: Direction): readonly Row[] {
  const column = COLUMNS.find((one) => one.key === key);
  if (!column || (key === 'step' && direction === 'ascending')) return rows;
  const sign = direction === 'ascending' ? 1 : -1;
  const keyed = rows.map((row) => ({ row, value: column.value(row) }));
  keyed.sort((one, other) => {
    if (one.value === null || other.value === null) {
      return Number(one.value === null) - Number(other.value === null);
    }
    if (typeof one.value === 'string' || typeof other.value === 'string') {
      return sign * compare(String(one.value), String(other.value));
    }
    return sign * (one.value - other.value);
  });
  return keyed.map(({ row }) => row);
}

const compare = new Intl.Collator('en', { sensitivity: 'base', numeric: true }).compare;

/** When a candidate fell and why, in words. */
export function fallOf(candidate: Candidate): string {
  const { verdict, reason } = candidate;
  if (!verdict) return reason ?? candidate.state.replace(/_/g, ' ');
  const when = verdict.at === null ? '' : ` at step ${verdict.at}`;
  return `${verdict.effect.replace(/_/g, ' ')}${when}: ${causeOf(verdict)}`;
}

/** The rows as a table for a file. */
export function sheetOf(rows: readonly Row[]): Sheet {
  return {
    columns: [
      'step',
      'token',
      'token_id',
      'probability',
      'entropy_nats',
      'kept',
      'pruned',
      'pruned_tokens',
      'threshold',
      'covered',
      'cache_rows',
      'ms'
    ],
    rows: rows.map((row) => [
      row.step.step,
      row.shown?.text ?? null,
      row.shown?.id ?? null,
      row.shown?.p ?? null,
      row.step.entropy,
      row.kept,
      row.pruned.length,
      row.pruned.map((one) => `${visible(one.text)} ${fallOf(one)}`).join('; '),
      row.step.threshold,
      row.step.covered,
      row.step.rows,
      row.ms
    ])
  };
}
