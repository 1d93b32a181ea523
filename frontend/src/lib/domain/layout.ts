/**
 * Where everything of a lattice stands: column = step, row = candidate.
 *
 * One pass over the steps. The best path stands in row 0 of every column, so it is straight; then
 * the other members by rank, then what was pruned, then, where asked for, what was considered and
 * not kept. A layout of the moment before is taken over as far as nothing changed: columns that are
 * there keep their places while steps are appended.
 */

import { isLinear, isOpen, onlyOne, runText, shorten, type Expansion } from './collapse';
import { visible } from './spelling';
import { isMember, type Candidate, type Step } from './view';

export const BOX = 42;
export const ROW = 60;
export const GAP = 58;
export const LETTER = 7.9;
const LABEL_LETTERS = 18;
const PADDING = 22;
/** Room for "pruned at step 1234" under a box, which may come later without moving anything. */
const LEAST_BRANCHING = 108;
const LEAST_LINEAR = 60;
const GAP_WIDTH = 84;

export type Part = 'best' | 'kept' | 'pruned' | 'unkept';

export interface Cell {
  readonly index: number;
  readonly candidate: Candidate;
  readonly part: Part;
  /** middle of its box */
  readonly y: number;
  readonly label: string;
}

export type ColumnKind = 'prompt' | 'step' | 'run' | 'gap' | 'end';

export interface Column {
  readonly key: string;
  readonly kind: ColumnKind;
  /** first and last step in it; -1 for the prompt, the number of steps for the end */
  readonly first: number;
  readonly last: number;
  readonly x: number;
  readonly width: number;
  readonly cells: readonly Cell[];
  /** first step of the open linear run that it belongs to, -1 for none */
  readonly ofRun: number;
  readonly label: string;
  /** the step that its cells belong to, the last one of a run; undefined for prompt, gap and end */
  readonly step: Step | undefined;
}

export interface LayoutInput {
  readonly steps: readonly (Step | undefined)[];
  readonly chain: readonly number[];
  readonly prompt: string;
  /** what the end node says; null while the run goes on */
  readonly ending: string | null;
  readonly expansion: Expansion;
  readonly withUnkept: boolean;
}

export interface Layout {
  readonly input: LayoutInput;
  readonly columns: readonly Column[];
  readonly width: number;
  /** how many rows the tallest column has */
  readonly rows: number;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u;

/** How many letters' room a text takes; some scripts take two a character. */
export function room(text: string): number {
  let sum = 0;
  for (const character of text) sum += WIDE.test(character) ? 2 : 1;
  return sum;
}

const widthOf = (letters: number, least: number): number =>
  Math.max(least, Math.ceil(letters * LETTER) + PADDING);

/** Labels of tokens, with the room that they take: a vocabulary's tokens come again and again. */
const labels = new Map<string, { readonly label: string; readonly room: number }>();
const MOST_LABELS = 20_000;

function labelled(text: string): { readonly label: string; readonly room: number } {
  const known = labels.get(text);
  if (known) return known;
  const label = shorten(visible(text), LABEL_LETTERS);
  const made = { label, room: room(label) };
  if (labels.size >= MOST_LABELS) labels.clear();
  labels.set(text, made);
  return made;
}

const labelOf = (candidate: Candidate): string => labelled(candidate.text).label;

function partOf(candidate: Candidate, isBest: boolean): Part {
  if (isMember(candidate)) return isBest ? 'best' : 'kept';
  return candidate.state === 'pruned' ? 'pruned' : 'unkept';
}

const SHOWN: readonly Part[] = ['kept', 'pruned', 'unkept'];

/** A step's candidates in the order of their rows. */
export function cellsOf(step: Step, best: number, withUnkept: boolean): Cell[] {
  const cells: Cell[] = [];
  const add = (candidate: Candidate, index: number, part: Part): void => {
    cells.push({ index, candidate, part, y: cells.length * ROW, label: labelOf(candidate) });
  };
  const parts = step.candidates.map((candidate, index) => partOf(candidate, index === best));
  const chosen = step.candidates[best];
  if (chosen) add(chosen, best, parts[best]!);
  for (const part of withUnkept ? SHOWN : SHOWN.slice(0, 2)) {
    step.candidates.forEach((candidate, index) => {
      if (index !== best && parts[index] === part) add(candidate, index, part);
    });
  }
  return cells;
}

/** Collects columns from left to right. */
class Builder {
  readonly columns: Column[];
  x = 0;
  private readonly old: readonly Column[];
  private oldAt: number;

  constructor(
    private readonly input: LayoutInput,
    before: readonly Column[],
    taken: number,
    private readonly oldChain: readonly number[]
  ) {
    this.columns = before.slice(0, taken);
    this.old = before;
    this.oldAt = taken;
    const last = this.columns[taken - 1];
    if (last) this.x = last.x + last.width + GAP;
  }

  get last(): Column | undefined {
    return this.columns[this.columns.length - 1];
  }

  add(column: Omit<Column, 'x'>): void {
    this.columns.push({ ...column, x: this.x });
    this.x += column.width + GAP;
  }

  private pop(): Column {
    const column = this.columns.pop()!;
    this.x = column.x;
    return column;
  }

  prompt(): void {
    const label = shorten(visible(this.input.prompt), 26);
    const width = widthOf(Math.max(6, room(label)), LEAST_LINEAR);
    const first = -1;
    this.add({ ...EMPTY, key: 'prompt', kind: 'prompt', first, last: -1, width, label });
  }

  end(label: string): void {
    const first = this.input.steps.length;
    const width = widthOf(room(label), LEAST_LINEAR);
    this.add({ ...EMPTY, key: 'end', kind: 'end', first, last: first, width, label });
  }

  /** Place a step, and those that share its column; returns the step after them. */
  step(number: number): number {
    const step = this.input.steps[number];
    if (step && isLinear(step)) return this.linear(number, step);
    if (step) this.single(number, step, -1);
    else this.gap(number);
    return number + 1;
  }

  private gap(number: number): void {
    const first = this.last?.kind === 'gap' ? this.pop().first : number;
    const count = number - first + 1;
    const label = count === 1 ? `step ${first} removed` : `${count} steps removed`;
    const width = Math.max(GAP_WIDTH, Math.ceil(label.length * 5.8));
    this.add({ ...EMPTY, key: `g${first}`, kind: 'gap', first, last: number, width, label });
  }

  private linear(number: number, step: Step): number {
    const before = this.last;
    const goesOn = before !== undefined && before.ofRun >= 0;
    const first = goesOn ? before.ofRun : number;
    if (isOpen(this.input.expansion, first)) {
      this.single(number, step, first);
      return number + 1;
    }
    let next = number + 1;
    for (let then = this.input.steps[next]; then && isLinear(then);) {
      then = this.input.steps[++next];
    }
    const last = this.input.steps[next - 1]!;
    if (goesOn) this.pop();
    if (next - first > 1) this.run(first, next - 1, last);
    else this.single(number, step, first);
    return next;
  }

  private run(first: number, number: number, step: Step): void {
    const label = runText(this.input.steps, first, number);
    const width = widthOf(room(label) + 1 + String(number - first + 1).length, LEAST_BRANCHING);
    const at = this.input.chain[number] ?? -1;
    const cells = cellsOf(step, step.candidates[at] ? at : 0, false).slice(0, 1);
    this.add({
      key: `s${first}`,
      kind: 'run',
      first,
      last: number,
      width,
      cells,
      ofRun: first,
      label,
      step
    });
  }

  private single(number: number, step: Step, ofRun: number): void {
    const best = this.input.chain[number] ?? -1;
    const old = this.oldColumn(number);
    if (old && old.step === step && old.ofRun === ofRun && this.oldChain[number] === best) {
      this.columns.push(old.x === this.x ? old : { ...old, x: this.x });
      this.x += old.width + GAP;
      return;
    }
    const cells = cellsOf(step, best, this.input.withUnkept);
    if (cells.length === 0) {
      const only = onlyOne(step);
      if (only)
        cells.push({ index: 0, candidate: only, part: 'unkept', y: 0, label: labelOf(only) });
    }
    let letters = 1;
    for (const { candidate } of cells) letters = Math.max(letters, labelled(candidate.text).room);
    const width = widthOf(letters, ofRun < 0 ? LEAST_BRANCHING : LEAST_LINEAR);
    this.add({
      key: `s${number}`,
      kind: 'step',
      first: number,
      last: number,
      width,
      cells,
      ofRun,
      label: '',
      step
    });
  }

  /** The column that showed a step alone in the layout before, if it did. */
  private oldColumn(number: number): Column | undefined {
    while (this.oldAt < this.old.length && this.old[this.oldAt]!.last < number) this.oldAt++;
    const column = this.old[this.oldAt];
    return column?.kind === 'step' && column.first === number ? column : undefined;
  }
}

const EMPTY = { cells: [], ofRun: -1, label: '', step: undefined };

/** How many columns of a layout still hold for another input. */
function stillGood(before: Layout, input: LayoutInput): number {
  const old = before.input;
  if (old.prompt !== input.prompt || old.withUnkept !== input.withUnkept) return 0;
  if (old.expansion !== input.expansion) return 0;
  const shared = Math.min(old.steps.length, input.steps.length);
  let changed = 0;
  while (
    changed < shared &&
    old.steps[changed] === input.steps[changed] &&
    old.chain[changed] === input.chain[changed]
  ) {
    changed++;
  }
  let good = columnOf(before, changed - 1) + 1;
  while (
    good > 0 &&
    (before.columns[good - 1]!.last >= changed || before.columns[good - 1]!.kind === 'end')
  )
    good--;
  return good;
}

/** Lay a lattice out; `before` is the layout of an earlier moment, of which all that holds is kept. */
export function layOut(input: LayoutInput, before: Layout | null = null): Layout {
  const taken = before ? stillGood(before, input) : 0;
  const canReuse = before !== null && before.input.withUnkept === input.withUnkept;
  const old = canReuse ? before.columns : [];
  const builder = new Builder(input, old, taken, canReuse ? before.input.chain : []);
  if (taken === 0) builder.prompt();
  const next = (builder.last?.last ?? -1) + 1;
  for (let number = next; number < input.steps.length;) number = builder.step(number);
  if (input.ending !== null) builder.end(input.ending);
  const { columns } = builder;
  let rows = 1;
  for (const column of columns) rows = Math.max(rows, column.cells.length);
  const last = columns[columns.length - 1];
  return { input, columns, width: last ? last.x + last.width : 0, rows };
}

/** The last column that begins at or before a place. */
export function columnAt(layout: Layout, x: number): number {
  return search(layout.columns, (column) => column.x <= x);
}

/** The column that a step stands in. */
export function columnOf(layout: Layout, step: number): number {
  return search(layout.columns, (column) => column.first <= step);
}

function search(columns: readonly Column[], holds: (column: Column) => boolean): number {
  let low = 0;
  let high = columns.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(columns[middle]!)) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Which column edges into another come from: steps that left as a whole are passed over. */
export function columnBefore(layout: Layout, at: number): number {
  for (let found = at - 1; found >= 0; found--) {
    if (layout.columns[found]!.kind !== 'gap') return found;
  }
  return -1;
}

/** How high a candidate stands in a column; null where it is not shown. */
export function heightOf(column: Column, index: number): number | null {
  if (column.kind !== 'step') return 0;
  return column.cells.find((cell) => cell.index === index)?.y ?? null;
}
