import { expect, test } from 'vitest';
import { fileName, layLegend, shownCell, standalone, toCsv } from './figures';

test('cells with commas, quotes, line breaks and outer space are quoted', () => {
  const rows = [['a,b', 'say "x"', ' the', '\n', 1.5, null]];
  expect(toCsv({ columns: ['one', 'two', 'three', 'four', 'five', 'six'], rows })).toBe(
    'one,two,three,four,five,six\r\n"a,b","say ""x"""," the","\n",1.5,\r\n'
  );
});

test('no cell becomes a formula', () => {
  expect(toCsv({ columns: ['text'], rows: [['=1+1'], ['-']] })).toBe("text\r\n'=1+1\r\n'-\r\n");
  expect(toCsv({ columns: ['number'], rows: [[-1]] })).toBe('number\r\n-1\r\n');
});

test('numbers of a table are short, small ones too', () => {
  expect(['–', '12', '0.12346', '1.00e-6']).toEqual([null, 12, 0.123456789, 1e-6].map(shownCell));
});

test('a legend goes on in the next line where its words do not fit', () => {
  expect(layLegend(['kept', 'pruned'], 400).lines).toBe(1);
  const narrow = layLegend(['smallest kept', 'largest not kept', 'threshold'], 200);
  expect(narrow.lines).toBeGreaterThan(1);
  expect(narrow.places.every(({ x }) => x < 200)).toBe(true);
  expect(layLegend([], 200).lines).toBe(0);
});

test('a file of its own says what it is, whatever its title holds', () => {
  const file = standalone('<svg width="1"><g/></svg>', 'a < b & c');
  expect(file).toContain(
    '<svg xmlns="http://www.w3.org/2000/svg" width="1"><title>a &lt; b &amp; c</title>'
  );
});

test('a file has a name that any system takes', () => {
  expect(fileName('TEMPO', 'a/b: c', 'Kept mass.csv')).toBe('tempo-a-b-c-kept-mass.csv');
});
