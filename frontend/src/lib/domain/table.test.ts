import { expect, test } from 'vitest';
import { syntheticRun } from '../../../tests/synthetic';
import { RunLog } from './run_log';
import { chosen, COLUMNS, fallOf, rowsOf, search, sheetOf, sorted } from './table';

function logOf(steps: number): RunLog {
  const log = new RunLog();
  for (const event of syntheticRun(steps)) log.append(event);
  return log;
}

const log = logOf(40);
const view = log.now();
const rows = rowsOf(view, view.chain);
const steps = (of: Iterable<{ step: { step: number } }>): number[] =>
  [...of].map((row) => row.step.step);

test('a row holds what its step holds', () => {
  expect(rows).toHaveLength(40);
  expect(rows[0]).toMatchObject({ kept: 1, ms: null });
  expect(rows[0]!.pruned.map((one) => one.text)).toEqual([' little']);
  expect(rows[1]!.ms).toBe(2);
  expect(rows[0]!.shown!.text).toBe(' the');
});

test('rows of steps that did not change are the same objects', () => {
  expect(rowsOf(view, view.chain)[7]).toBe(rows[7]);
  const other = [...view.chain];
  other[7] = 1;
  const changed = rowsOf(view, other);
  expect(changed[7]).not.toBe(rows[7]);
  expect(changed[8]).toBe(rows[8]);
});

test('several kept, and with prunings', () => {
  const pruned = steps(chosen(rows, 'pruned', ''));
  expect(pruned).toEqual(steps(rows).filter((step) => step % 3 === 0 && step <= 36));
  expect(steps(chosen(rows, 'several', ''))).toEqual([39]);
  expect(chosen(rows, 'all', '')).toBe(rows);
});

test('words are found over several tokens of the text, in either case', () => {
  const text = rows.map((row) => row.shown!.text).join('');
  expect(text.startsWith(' the little fox')).toBe(true);
  expect(steps(search(rows, 'THE LITTLE FO'))).toEqual([
    0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32
  ]);
});

test('a token that was pruned is found, one that was never kept is not', () => {
  // Step 3 lost " to"; " a" and " big" were looked at alone.
  expect(rows[3]!.pruned[0]!.text).toBe(' to');
  expect(search(rows, ' to').has(rows[3]!)).toBe(true);
  expect(search(rows, ' big').has(rows[3]!)).toBe(false);
});

test('words and a filter together give rows that meet both', () => {
  expect(steps(chosen(rows, 'pruned', 'the little fo'))).toEqual([0, 12, 21, 30]);
  expect(chosen(rows, 'all', 'no such words')).toEqual([]);
});

test('every column sorts both ways, and what has no value comes last', () => {
  for (const { key, value } of COLUMNS) {
    for (const direction of ['ascending', 'descending'] as const) {
      const values = sorted(rows, key, direction).map(value);
      const there = values.filter((one) => one !== null);
      expect(values.slice(0, there.length)).toEqual(there);
      if (typeof there[0] !== 'number') continue;
      const numbers = there as number[];
      const sign = direction === 'ascending' ? 1 : -1;
      expect(numbers.every((one, place) => !place || sign * (one - numbers[place - 1]!) >= 0)).toBe(
        true
      );
    }
  }
  expect(steps(sorted(rows, 'step', 'descending')).slice(0, 2)).toEqual([39, 38]);
});

test('when and why a token fell', () => {
  expect(fallOf(rows[3]!.pruned[0]!)).toMatch(/^pruned at step 6: posterior .* % below 2\.00 %$/);
});

test('a file of the table has a column for everything, and a row a step', () => {
  const { columns, rows: lines } = sheetOf(rows);
  expect(lines).toHaveLength(40);
  expect(lines.every((line) => line.length === columns.length)).toBe(true);
  expect(lines[0]![columns.indexOf('pruned_tokens')]).toContain('␣little pruned at step 3');
});
