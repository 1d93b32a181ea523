import { expect, test } from 'vitest';
import { RUNS, viewOf } from '../../../tests/fixtures/runs';
import { fileName, stepTable, wholeText } from './exporting';
import type { RunView } from './view';

/** Cells of comma-separated values, read back. */
function cells(table: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of table.matchAll(
    /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/g
  )) {
    rows[rows.length - 1]!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

test('the text is the prompt and the best path', () => {
  const view = viewOf('pruned');
  expect(wholeText(view)).toBe(`${view.prompt.text}${RUNS.pruned.text}`);
});

test.each(['pruned', 'removed', 'odd'] as const)(
  '%s: a row for every step that is there',
  (name) => {
    const view = viewOf(name);
    const [head, ...rows] = cells(stepTable(view));
    const there = view.steps.filter((step) => step !== undefined);
    expect(rows.map((row) => Number(row[0]))).toEqual(there.map((step) => step.step));
    for (const row of rows) expect(row).toHaveLength(head!.length);
    const token = head!.indexOf('token');
    expect(rows.map((row) => (row[token] ? (JSON.parse(row[token]) as string) : ''))).toEqual(
      there.map((step) => step.candidates[view.chain[step.step]!]?.text ?? '')
    );
  }
);

test('no token is taken for a formula, and none breaks the table', () => {
  const view = viewOf('pruned');
  const [step] = view.steps;
  const [candidate] = step!.candidates;
  for (const text of ['=1+1', '\t=cmd', '",\r\n', '+"']) {
    const hostile = { ...step!, candidates: [{ ...candidate!, text }] };
    const rows = cells(stepTable({ ...view, steps: [hostile], chain: [0] }));
    expect(rows).toHaveLength(2);
    expect(JSON.parse(rows[1]![1]!)).toBe(text);
    for (const value of rows[1]!) expect(value).not.toMatch(/^[=+@\t\r]/);
  }
});

test('a file is called by its prompt and its run', () => {
  const named = (text: string | null): RunView => ({
    ...viewOf('pruned'),
    runId: '0123456789abcdef',
    prompt: { text, tokens: [] }
  });
  expect(fileName(named('Once upon: a time!'), '.json')).toBe(
    'tempo-once-upon-a-time-01234567.json'
  );
  expect(fileName(named('../../etc/passwd'), '.csv')).toBe('tempo-etc-passwd-01234567.csv');
  expect(fileName(named('שלום 🦊'), '.txt')).toBe('tempo-שלום-01234567.txt');
  expect(fileName(named(null), '.txt')).toBe('tempo-01234567.txt');
  expect(fileName(named('x'.repeat(99)), '')).toHaveLength(6 + 40 + 9);
});
