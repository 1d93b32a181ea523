/** The shown path as paragraphs, so that what a step changes is all that the page draws again. */

import { tintClasses } from './colour';
import { readable } from './marks';
import { spell, spoken } from './spelling';
import { branches, isMember, type Candidate, type Step } from './view';

/** One token of the path as the page draws it. */
export interface Token {
  step: number;
  /** which candidate of its step */
  index: number;
  at: Step;
  /** what it adds to the path's text, exactly */
  piece: string;
  /** white space in front, drawn outside the tinted box */
  lead: string;
  /** the rest, with what would disturb the page made visible */
  body: string;
  /** a visible sign for a token that cannot be seen; not part of the text */
  mark: string | null;
  /** what a screen reader says where the body says nothing */
  name: string | null;
  isBranching: boolean;
  classes: string;
}

/** Tokens that are drawn together, within a line of text. */
export interface Chunk {
  /** number of its first step */
  key: number;
  tokens: readonly Token[];
}

/** What stands between two line breaks. */
export interface Paragraph {
  /** number of its first step */
  key: number;
  chunks: readonly Chunk[];
}

export interface Layout {
  steps: readonly (Step | undefined)[];
  chain: readonly number[];
  paragraphs: readonly Paragraph[];
}

export const NOTHING: Layout = { steps: [], chain: [], paragraphs: [] };

/** A chunk of this many tokens ends at the next space. */
const ENOUGH = 200;

const MARKS: Record<string, string> = { '\n': '⏎', '\t': '⇥', '\r': '␍', ' ': '␣' };
const PART_OF_A_CHARACTER = '◌';
const END_OF_TEXT = '■';

function tokenOf(at: Step, index: number, piece: string): Token {
  const candidate = at.candidates[index]!;
  const isBlank = piece.trim() === '';
  const lead = isBlank ? '' : /^\s*/.exec(piece)![0];
  const isBranching = branches(at);
  let mark: string | null = null;
  if (piece === '') mark = candidate.bytes === null ? END_OF_TEXT : PART_OF_A_CHARACTER;
  else if (isBlank) mark = isBranching ? (MARKS[piece[0]!] ?? '␣') : null;
  let name: string | null = null;
  if (piece === '') name = candidate.bytes === null ? 'end of the text' : 'part of a character';
  else if (isBlank) name = spoken(piece);
  const pruned = at.pruned ? ' cut' : '';
  return {
    step: at.step,
    index,
    at,
    piece,
    lead,
    body: readable(piece.slice(lead.length)),
    mark,
    name,
    isBranching,
    classes: `t${isBranching ? ' many' : ''}${pruned}${mark === null ? '' : ' marked'} ${tintClasses(at, index)}`
  };
}

/** Whether a chunk may begin with a token: no character is half spelled, and no word is split. */
const mayBegin = ({ text, bytes }: Candidate): boolean => bytes === null && /^\s/.test(text);

const sameList = <T>(one: readonly T[], other: readonly T[] | undefined): boolean =>
  other !== undefined && one.length === other.length && one.every((item, at) => item === other[at]);

/** The first step number at which two moments differ. */
function firstChange(steps: Layout['steps'], chain: Layout['chain'], before: Layout): number {
  const most = Math.max(steps.length, chain.length, before.steps.length, before.chain.length);
  let number = 0;
  while (
    number < most &&
    steps[number] === before.steps[number] &&
    (chain[number] ?? -1) === (before.chain[number] ?? -1)
  ) {
    number++;
  }
  return number < most ? number : Infinity;
}

/** The last place whose key is below a step number; 0 where none is. */
function placeBefore(list: readonly { key: number }[], number: number): number {
  let place = list.length - 1;
  while (place > 0 && list[place]!.key >= number) place--;
  return Math.max(0, place);
}

/**
 * Lay out a path; what did not change since another layout is the same objects as there.
 *
 * Begins again at the chunk that holds the last unchanged token: characters may be split over
 * tokens, but never over chunks.
 */
export function arrange(
  steps: readonly (Step | undefined)[],
  chain: readonly number[],
  before: Layout = NOTHING
): Layout {
  const change = firstChange(steps, chain, before);
  if (change === Infinity) return before;

  const paragraphAt = placeBefore(before.paragraphs, change);
  const old = before.paragraphs[paragraphAt];
  const chunkAt = old ? placeBefore(old.chunks, change) : 0;
  const from = old?.chunks[chunkAt]?.key ?? 0;

  const places: { at: Step; index: number; candidate: Candidate }[] = [];
  for (let number = Math.min(from, change); number < steps.length; number++) {
    const at = steps[number];
    const index = chain[number] ?? -1;
    const candidate = at?.candidates[index];
    if (at && candidate) places.push({ at, index, candidate });
  }
  const pieces = spell(places.map((one) => one.candidate));

  const known = new Map<number, Token>();
  const knownChunks = new Map<number, Chunk>();
  const knownParagraphs = new Map<number, Paragraph>();
  for (const paragraph of before.paragraphs.slice(paragraphAt)) {
    knownParagraphs.set(paragraph.key, paragraph);
    for (const chunk of paragraph.chunks) {
      knownChunks.set(chunk.key, chunk);
      for (const token of chunk.tokens) known.set(token.step, token);
    }
  }

  const paragraphs: Paragraph[] = before.paragraphs.slice(0, paragraphAt);
  let chunks: Chunk[] = old ? old.chunks.slice(0, chunkAt) : [];
  let tokens: Token[] = [];

  const endChunk = (): void => {
    if (!tokens.length) return;
    const key = tokens[0]!.step;
    const same = knownChunks.get(key);
    chunks.push(same && sameList(tokens, same.tokens) ? same : { key, tokens });
    tokens = [];
  };
  const endParagraph = (): void => {
    endChunk();
    if (!chunks.length) return;
    const key = chunks[0]!.key;
    const same = knownParagraphs.get(key);
    paragraphs.push(same && sameList(chunks, same.chunks) ? same : { key, chunks });
    chunks = [];
  };

  places.forEach(({ at, index, candidate }, number) => {
    const piece = pieces[number]!;
    const isNew = chunks.length === 0 && tokens.length === 0;
    if (!isNew && tokens.length >= ENOUGH && mayBegin(candidate)) endChunk();
    const same = known.get(at.step);
    tokens.push(
      same && same.at === at && same.index === index && same.piece === piece
        ? same
        : tokenOf(at, index, piece)
    );
    if (candidate.bytes === null && piece.endsWith('\n')) endParagraph();
  });
  endParagraph();
  return { steps, chain, paragraphs };
}

/** All tokens of a layout, in order. */
export function* tokensOf(layout: Layout): Generator<Token> {
  for (const paragraph of layout.paragraphs) {
    for (const chunk of paragraph.chunks) yield* chunk.tokens;
  }
}

/** The text of a layout, exactly as the model wrote it. */
export function cleanText(layout: Layout): string {
  let text = '';
  for (const token of tokensOf(layout)) text += token.piece;
  return text;
}

export interface Alternative {
  index: number;
  text: string;
}

/** A token with what was kept beside it, as [shown/other]. */
export interface Brackets {
  /** white space that all of them begin with */
  lead: string;
  shown: string;
  others: readonly Alternative[];
}

const splitBytes = (candidate: Candidate): string =>
  candidate.bytes === null ? candidate.text : candidate.text || '�';

/** What stands in the brackets of a token; null where it alone was kept. */
export function bracketsOf(token: Token): Brackets | null {
  const others: Alternative[] = [];
  token.at.candidates.forEach((candidate, index) => {
    if (index !== token.index && isMember(candidate)) {
      others.push({ index, text: splitBytes(candidate) });
    }
  });
  if (!others.length) return null;
  const shares = token.lead !== '' && others.every((one) => one.text.startsWith(token.lead));
  const lead = shares ? token.lead : '';
  const after = (text: string) => readable(text.slice(lead.length)).replaceAll('\n', '⏎');
  return {
    lead,
    shown: after(token.piece) || (token.mark ?? ''),
    others: others.map(({ index, text }) => ({ index, text: after(text) || END_OF_TEXT }))
  };
}

/** The text with kept alternatives, the shown one first: "a [little/big] fox". */
export function bracketedText(layout: Layout): string {
  let text = '';
  for (const token of tokensOf(layout)) {
    const brackets = bracketsOf(token);
    if (!brackets) text += token.piece;
    else {
      const all = [brackets.shown, ...brackets.others.map((one) => one.text)];
      text += `${brackets.lead}[${all.join('/')}]`;
    }
  }
  return text;
}

/** The token of a step, and the tokens beside it: all, or those at which several were kept. */
export function neighbour(
  layout: Layout,
  step: number | null,
  direction: 1 | -1,
  onlyBranching: boolean
): Token | null {
  let last: Token | null = null;
  for (const token of tokensOf(layout)) {
    if (onlyBranching && !token.isBranching) continue;
    if (direction === 1 && (step === null || token.step > step)) return token;
    if (direction === -1 && step !== null && token.step >= step) return last;
    last = token;
  }
  return direction === -1 ? last : null;
}
