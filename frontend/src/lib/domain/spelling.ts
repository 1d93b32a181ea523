/** Tokens as a reader sees them. */

const NAMES: Record<string, string> = {
  ' ': 'space',
  '\n': 'new line',
  '\r': 'carriage return',
  '\t': 'tab',
  '\u00a0': 'no-break space',
  '\u200b': 'zero-width space',
  '\u200d': 'zero-width joiner',
  '\ufeff': 'byte order mark'
};

const SHOWN: Record<string, string> = { ' ': '␣', '\n': '⏎', '\r': '␍', '\t': '⇥', '\u00a0': '⍽' };

/** Control and format characters: what would change the page's text without being seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0]/u;

const escaped = (character: string): string =>
  `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`;

/** A token with its leading and trailing space, line breaks and control characters made visible. */
export function visible(text: string): string {
  if (text === '') return '∅';
  const leading = /^ */.exec(text)![0].length;
  const trailing = leading === text.length ? 0 : / *$/.exec(text)![0].length;
  let shown = '';
  let place = 0;
  for (const character of text) {
    const atEdge = place < leading || place >= text.length - trailing;
    if (character === ' ') shown += atEdge ? '␣' : ' ';
    else if (UNSEEN.test(character)) shown += SHOWN[character] ?? escaped(character);
    else shown += character;
    place += character.length;
  }
  return shown;
}

/** What a screen reader says of a token; never empty. */
export function spoken(text: string): string {
  if (text === '') return 'no text';
  if (text.trim() !== '' && !UNSEEN.test(text)) return text.trim();
  return [...text]
    .map((one) => NAMES[one] ?? (UNSEEN.test(one) ? `character ${escaped(one)}` : one))
    .join(' ')
    .replace(/(\S) (?=\S(?: \S)+$)/g, '$1');
}

const decoded = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/**
 * Spell a path: the text that each of its tokens adds, where characters may be split over tokens.
 *
 * A token that only begins a character adds nothing; the one that completes it adds all of it. All
 * pieces joined are the path's text.
 */
export function spell(tokens: readonly { text: string; bytes: string | null }[]): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  let open = false;
  const pieces = tokens.map(({ text, bytes }) => {
    if (bytes === null && !open) return text;
    const data = bytes === null ? encoder.encode(text) : decoded(bytes);
    const piece = decoder.decode(data, { stream: true });
    open = bytes !== null;
    return piece;
  });
  const rest = decoder.decode();
  if (rest && pieces.length) pieces[pieces.length - 1] += rest;
  return pieces;
}

/** 0.6132 as "61.3 %"; small ones keep two digits that say something. */
export function percent(p: number): string {
  const value = 100 * p;
  if (value === 0) return '0 %';
  if (value >= 10) return `${value.toFixed(1)} %`;
  if (value >= 0.01) return `${value.toFixed(2)} %`;
  return `${value.toExponential(1)} %`;
}
