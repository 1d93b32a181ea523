/** What differs between two texts, word by word. */

export interface Hunk {
  /** in both, in the first alone, or in the second alone */
  kind: 'same' | 'gone' | 'new';
  words: readonly string[];
}

/** A text's words, each with the white space before it; joined they are the text. */
export const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? [];

/** More edits than this are told as one: the search is quadratic in them. */
const MOST_EDITS = 200;

/** The shortest edits from one list to another (Myers 1986), as steps back from the end. */
function edits(from: readonly string[], to: readonly string[]): Hunk['kind'][] | null {
  const [n, m] = [from.length, to.length];
  const reach = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  const most = Math.min(n + m, MOST_EDITS);
  let isThere = false;
  for (let count = 0; count <= most && !isThere; count++) {
    trace.push(new Map(reach));
    for (let k = -count; k <= count && !isThere; k += 2) {
      const down = k === -count || (k !== count && at(reach, k - 1) < at(reach, k + 1));
      let x = down ? at(reach, k + 1) : at(reach, k - 1) + 1;
      while (x < n && x - k < m && from[x] === to[x - k]) x++;
      reach.set(k, x);
      isThere = x >= n && x - k >= m;
    }
  }
  if (!isThere) return null;

  const back: Hunk['kind'][] = [];
  let [x, y] = [n, m];
  for (let count = trace.length - 1; count >= 0; count--) {
    const then = trace[count]!;
    const k = x - y;
    const down = k === -count || (k !== count && at(then, k - 1) < at(then, k + 1));
    const beforeX = down ? at(then, k + 1) : at(then, k - 1);
    const beforeY = beforeX - (down ? k + 1 : k - 1);
    while (x > beforeX && y > beforeY && x > 0 && y > 0) {
      back.push('same');
      x--;
      y--;
    }
    if (count > 0) back.push(down ? 'new' : 'gone');
    [x, y] = [beforeX, beforeY];
  }
  return back.reverse();
}

const at = (reach: Map<number, number>, k: number): number => reach.get(k) ?? -1;

/** Edits from one list of words to another; what is gone stands before what is new. */
export function difference(from: readonly string[], to: readonly string[]): Hunk[] {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start++;
  let end = 0;
  while (
    end < from.length - start &&
    end < to.length - start &&
    from[from.length - 1 - end] === to[to.length - 1 - end]
  ) {
    end++;
  }
  const [left, right] = [from.slice(start, from.length - end), to.slice(start, to.length - end)];
  const kinds = edits(left, right) ?? [
    ...left.map(() => 'gone' as const),
    ...right.map(() => 'new' as const)
  ];
  const hunks: Hunk[] = [];
  const put = (kind: Hunk['kind'], words: readonly string[]): void => {
    const last = hunks[hunks.length - 1];
    if (!words.length) return;
    if (last?.kind === kind) hunks[hunks.length - 1] = { kind, words: [...last.words, ...words] };
    else hunks.push({ kind, words });
  };
  put('same', from.slice(0, start));
  let [i, j] = [0, 0];
  let [gone, fresh]: [string[], string[]] = [[], []];
  const flush = (): void => {
    put('gone', gone);
    put('new', fresh);
    [gone, fresh] = [[], []];
  };
  for (const kind of kinds) {
    if (kind === 'gone') gone.push(left[i++]!);
    else if (kind === 'new') fresh.push(right[j++]!);
    else {
      flush();
      put('same', [left[i++]!]);
      j++;
    }
  }
  flush();
  put('same', from.slice(from.length - end));
  return hunks;
}

/** A hunk of an excerpt; one that was left out stands for so many words. */
export type Excerpt = { kind: Hunk['kind']; text: string } | { kind: 'left-out'; count: number };

const SURROUNDING = 4;
/** A change of more words than this is cut short. */
const LONG = 24;

const isText = (hunk: Hunk): boolean => hunk.kind !== 'gone';

const countOf = (hunks: readonly Hunk[]): number =>
  hunks.filter(isText).reduce((sum, hunk) => sum + hunk.words.length, 0);

/** The place of the first hunk behind so many differences. */
function placeAfter(hunks: readonly Hunk[], most: number): number {
  let found = 0;
  const place = hunks.findIndex((hunk, at) => {
    const follows = hunk.kind === 'new' && hunks[at - 1]?.kind === 'gone';
    if (hunk.kind !== 'same' && !follows) found++;
    return found > most;
  });
  return place < 0 ? hunks.length : place;
}

/** The differences with a few words around each, and at most so many of them. */
export function excerpt(hunks: readonly Hunk[], most = 8): Excerpt[] {
  const end = placeAfter(hunks, most);
  const found: Excerpt[] = [];
  hunks.slice(0, end).forEach(({ kind, words }, place) => {
    const before = place === 0 ? 0 : SURROUNDING;
    const after = place === hunks.length - 1 ? 0 : SURROUNDING;
    const count = words.length - before - after;
    if (kind !== 'same' && words.length > LONG) {
      found.push({ kind, text: words.slice(0, LONG - SURROUNDING).join('') });
      found.push({ kind: 'left-out', count: words.length - LONG + SURROUNDING });
      return;
    }
    if (kind !== 'same' || count <= 2) {
      found.push({ kind, text: words.join('') });
      return;
    }
    if (before) found.push({ kind, text: words.slice(0, before).join('') });
    found.push({ kind: 'left-out', count });
    if (after) found.push({ kind, text: words.slice(-after).join('') });
  });
  const rest = countOf(hunks.slice(end));
  if (rest) found.push({ kind: 'left-out', count: rest });
  return found;
}
