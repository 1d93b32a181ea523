import { describe, expect, test } from 'vitest';
import { plain, step } from '$lib/components/text/samples';
import {
  arrange,
  bracketedText,
  bracketsOf,
  cleanText,
  neighbour,
  NOTHING,
  tokensOf,
  type Layout
} from './paragraphs';
import type { Step } from './view';

const all = (layout: Layout) => [...tokensOf(layout)];

describe('arrange', () => {
  test('the pieces joined are the text, and paragraphs end where lines do', () => {
    const { steps, chain } = plain(['Once', ' upon', '.\n', '\n', ' A', ' fox\n', 'ran']);
    const layout = arrange(steps, chain);
    expect(cleanText(layout)).toBe('Once upon.\n\n A fox\nran');
    expect(layout.paragraphs.map((one) => one.key)).toEqual([0, 3, 4, 6]);
  });

  test('a leading space stands outside the box, a token of white space alone inside it', () => {
    const { steps, chain } = plain([' fox', ' ', '\n']);
    const tokens = all(arrange(steps, chain));
    expect(tokens.map(({ lead, body }) => [lead, body])).toEqual([
      [' ', 'fox'],
      ['', ' '],
      ['', '\n']
    ]);
  });

  test('a character split over tokens stands at the one that completes it', () => {
    const half = (text: string, bytes: number[]) => ({
      text,
      bytes: btoa(String.fromCharCode(...bytes))
    });
    const steps = [
      step(0, [half('�', [0xf0, 0x9f])]),
      step(1, [half('�', [0xa6, 0x8a])]),
      step(2, ['!'])
    ];
    const tokens = all(arrange(steps, [0, 0, 0]));
    expect(tokens.map((one) => one.piece)).toEqual(['', '🦊', '!']);
    expect(tokens[0]!.name).toBe('part of a character');
    expect(tokens[0]!.mark).not.toBeNull();
  });

  test('a branching token of white space shows a mark and has a name', () => {
    const tokens = all(arrange([step(0, ['\n', ' a']), step(1, ['\n'])], [0, 0]));
    expect([tokens[0]!.mark, tokens[0]!.name]).toEqual(['⏎', 'new line']);
    expect([tokens[1]!.mark, tokens[1]!.name]).toEqual([null, 'new line']);
  });

  test('controls and marks of direction are spelled out, and stay in the clean text', () => {
    const layout = arrange([step(0, ['a\u202eb\u0000'])], [0]);
    expect(all(layout)[0]!.body).toBe('a⟨U+202E⟩b⟨U+0000⟩');
    expect(cleanText(layout)).toBe('a\u202eb\u0000');
  });

  test('steps that left or that the path does not reach are passed over', () => {
    const { steps } = plain(['a', 'b', 'c', 'd']);
    const holed: (Step | undefined)[] = [...steps];
    holed[1] = undefined;
    expect(cleanText(arrange(holed, [0, -1, 0, -1]))).toBe('ac');
  });

  test('an unchanged moment is the same layout, and an appended step leaves what was before', () => {
    const { steps, chain } = plain(['One', ' line\n', 'Two', ' lines\n', 'and', ' more']);
    const first = arrange(steps.slice(0, 5), chain.slice(0, 5));
    expect(arrange([...steps.slice(0, 5)], [...chain.slice(0, 5)], first)).toBe(first);
    const second = arrange(steps, chain, first);
    expect(second.paragraphs.slice(0, 2)).toEqual(first.paragraphs.slice(0, 2));
    expect(second.paragraphs[0]).toBe(first.paragraphs[0]);
    expect(second.paragraphs[1]).toBe(first.paragraphs[1]);
    expect(all(second)[4]).toBe(all(first)[4]);
    expect(cleanText(second)).toBe('One line\nTwo lines\nand more');
  });

  test('a step that changes far back draws its own paragraph anew, and no other', () => {
    const { steps, chain } = plain(['One\n', 'Two', ' is', ' here\n', 'Three\n', 'Four']);
    const first = arrange(steps, chain);
    const changed = [...steps];
    changed[2] = step(2, [' is', { text: ' was', state: 'pruned' }]);
    const second = arrange(changed, chain, first);
    const same = second.paragraphs.map((one, place) => one === first.paragraphs[place]);
    expect(same).toEqual([true, false, true, true]);
    expect(all(second)[2]!.classes).toContain('cut');
  });

  test('text without a line break is split at spaces into chunks, and never inside a word', () => {
    const texts = Array.from({ length: 1000 }, (_, n) => (n % 2 ? 'ly' : ' quick'));
    const { steps, chain } = plain(texts);
    const { paragraphs } = arrange(steps, chain);
    expect(paragraphs).toHaveLength(1);
    const { chunks } = paragraphs[0]!;
    expect(chunks.length).toBeGreaterThan(3);
    for (const chunk of chunks) expect(chunk.tokens[0]!.piece).toBe(' quick');
  });

  test('growing by any portions, and changing at random, gives what is laid out at once', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    const pieces = ['a', ' b', '\n', ' c\n', 'd\n\ne', ' ', ' f'];
    const euro = [0xe2, 0x82, 0xac].map((one) => btoa(String.fromCharCode(one)));
    const made = (number: number): Step => {
      const at = random(10);
      const one = at < 7 ? { text: pieces[at]! } : { text: '�', bytes: euro[at - 7]! };
      return step(number, [one, ' other']);
    };
    for (let round = 0; round < 8; round++) {
      let steps: (Step | undefined)[] = [];
      let chain: number[] = [];
      let layout = NOTHING;
      for (let move = 0; move < 40; move++) {
        steps = [...steps];
        chain = [...chain];
        for (let more = random(12); more > 0; more--) {
          steps.push(made(steps.length));
          chain.push(0);
        }
        const place = random(steps.length + 1);
        if (random(3) === 0 && place < steps.length) chain[place] = random(3) - 1;
        if (random(3) === 0 && place < steps.length) steps[place] = made(place);
        if (random(20) === 0) {
          steps = steps.slice(0, place);
          chain = chain.slice(0, place);
        }
        layout = arrange(steps, chain, layout);
        expect(layout.paragraphs).toEqual(arrange(steps, chain).paragraphs);
      }
    }
  });
});

describe('brackets', () => {
  test('the shown token is first, and what all begin with stands before', () => {
    const layout = arrange([step(0, [' little', ' big', ' old'])], [1]);
    expect(bracketedText(layout)).toBe(' [big/little/old]');
  });

  test('pruned and unkept candidates are not in them, and a lone token has none', () => {
    const layout = arrange(
      [
        step(0, [' a', { text: ' b', state: 'pruned' }]),
        step(1, [' c', { text: ' d', state: 'below_threshold' }])
      ],
      [0, 0]
    );
    expect(all(layout).map(bracketsOf)).toEqual([null, null]);
    expect(bracketedText(layout)).toBe(' a c');
  });

  test('a new line beside a word shows as a sign', () => {
    expect(bracketedText(arrange([step(0, [' a', '\n'])], [0]))).toBe('[ a/⏎]');
  });
});

test('neighbours: all tokens, or the branching ones', () => {
  const layout = arrange([step(0, ['a']), step(1, ['b', 'c']), step(2, ['d'])], [0, 0, 0]);
  const from = (at: number | null, direction: 1 | -1, only: boolean) =>
    neighbour(layout, at, direction, only)?.step ?? null;
  expect(from(0, 1, false)).toBe(1);
  expect(from(1, -1, false)).toBe(0);
  expect(from(2, 1, false)).toBeNull();
  expect(from(0, -1, false)).toBeNull();
  expect(from(null, 1, true)).toBe(1);
  expect(from(2, -1, true)).toBe(1);
  expect(from(1, 1, true)).toBeNull();
});
