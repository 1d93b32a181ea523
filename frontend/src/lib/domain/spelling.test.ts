import { expect, test } from 'vitest';
import { RUNS, RUN_NAMES } from '../../../tests/fixtures/runs';
import { Random, SEEDS } from '../../../tests/random';
import { percent, spell, spoken, visible } from './spelling';

const encoder = new TextEncoder();
const ALPHABET = [
  'a',
  ' ',
  '\n',
  'é',
  '€',
  '🦊',
  '👩‍🚀',
  'ש',
  '\ufeff',
  '\u0000',
  '<',
  '\u202e',
  '\r\n'
];

/** A token as the service tells it: text, and the bytes where they are no UTF-8 alone. */
function token(bytes: Uint8Array): { text: string; bytes: string | null } {
  const decode = (fatal: boolean) =>
    new TextDecoder('utf-8', { fatal, ignoreBOM: true }).decode(bytes);
  try {
    return { text: decode(true), bytes: null };
  } catch {
    return { text: decode(false), bytes: btoa(String.fromCharCode(...bytes)) };
  }
}

function cut(bytes: Uint8Array, random: Random): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const to = from + 1 + random.below(4);
    parts.push(bytes.slice(from, to));
    from = to;
  }
  return parts;
}

test.each(SEEDS)('the pieces of a text that is cut anywhere are the text: seed %i', (seed) => {
  const random = new Random(seed);
  for (let time = 0; time < 40; time++) {
    const text = Array.from({ length: random.below(12) }, () => random.one(ALPHABET)).join('');
    const tokens = cut(encoder.encode(text), random).map(token);
    const pieces = spell(tokens);
    expect(pieces).toHaveLength(tokens.length);
    expect(pieces.join('')).toBe(text);
  }
});

test.each(SEEDS)('any bytes are spelled as they are decoded as a whole: seed %i', (seed) => {
  const random = new Random(100 + seed);
  const bytes = Uint8Array.from({ length: 60 }, () =>
    random.chance(0.5) ? random.below(256) : random.one([0xf0, 0x9f, 0xa6, 0x8a, 0x20, 0xef, 0xbb])
  );
  const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  expect(spell(cut(bytes, random).map(token)).join('')).toBe(whole);
});

test('a token that begins a character adds nothing, the one that ends it adds all of it', () => {
  const fox = encoder.encode('🦊');
  expect(spell([token(fox.slice(0, 2)), token(fox.slice(2))])).toEqual(['', '🦊']);
  expect(spell([token(fox.slice(0, 2))])).toEqual(['\ufffd']);
  expect(spell([token(fox.slice(0, 2)), token(encoder.encode('a'))])).toEqual(['', '\ufffda']);
});

test('a byte order mark is part of the text', () => {
  expect(spell([token(encoder.encode('\ufeffa'))])).toEqual(['\ufeffa']);
  const split = encoder.encode('\ufeff');
  expect(spell([token(split.slice(0, 1)), token(split.slice(1))]).join('')).toBe('\ufeff');
});

test('no tokens are no pieces', () => expect(spell([])).toEqual([]));

test.each(RUN_NAMES)('every token of a real run has a form to see and one to say: %s', (name) => {
  for (const event of RUNS[name].events) {
    if (event.type !== 'step.appended') continue;
    for (const { text } of event.candidates) shown(text);
  }
});

test.each(SEEDS)('any token has a form to see and one to say: seed %i', (seed) => {
  const random = new Random(200 + seed);
  for (let time = 0; time < 40; time++)
    shown(Array.from({ length: random.below(5) }, () => random.one(ALPHABET)).join(''));
});

function shown(text: string): void {
  expect(visible(text)).not.toBe('');
  expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0]/u);
  expect(visible(text).trim()).toBe(visible(text));
  expect(spoken(text).trim()).not.toBe('');
  expect(spoken(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
}

test.each([
  ['', '∅', 'no text'],
  [' ', '␣', 'space'],
  ['   ', '␣␣␣', 'space space space'],
  [' the', '␣the', 'the'],
  ['the ', 'the␣', 'the'],
  ['a b', 'a b', 'a b'],
  ['\n', '⏎', 'new line'],
  ['\n\n', '⏎⏎', 'new line new line'],
  ['\u202e', '⟨U+202E⟩', 'character ⟨U+202E⟩'],
  ['\u0000', '⟨U+0000⟩', 'character ⟨U+0000⟩'],
  ['<script>', '<script>', '<script>'],
  ['\ufffd', '\ufffd', '\ufffd']
])('%j is shown as %s and said as %s', (text, seen, said) => {
  expect(visible(text)).toBe(seen);
  expect(spoken(text)).toBe(said);
});

test.each([
  [0, '0 %'],
  [1, '100.0 %'],
  [0.6132, '61.3 %'],
  [0.0999, '9.99 %'],
  [0.0004, '0.04 %'],
  [0.00000123, '1.2e-4 %']
])('%f is %s', (p, text) => expect(percent(p)).toBe(text));
