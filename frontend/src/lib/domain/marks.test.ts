import { expect, test } from 'vitest';
import { candidate, step } from '$lib/components/text/samples';
import {
  groups,
  note,
  placesWords,
  readable,
  stateWords,
  verdictWords,
  whyNoBranch
} from './marks';
import { RunLog } from './run_log';
import type { Verdict } from './view';

const verdict = (given: Partial<Verdict> = {}): Verdict => ({
  step: 3,
  token_id: 1,
  rule: 'posterior',
  effect: 'pruned',
  score: 0.00012,
  threshold: 0.02,
  mass: 0.00012,
  seq: 9,
  at: 7,
  index: 1,
  ...given
});

test('a verdict is told with when and why', () => {
  expect(verdictWords(verdict())).toBe('pruned at step 7: posterior 0.01 % below 2.00 %');
  expect(verdictWords(verdict({ effect: 'descendant' }))).toContain('with the token that');
  const attention = verdict({ rule: 'attention', score: 0.00432, threshold: 0.01 });
  expect(verdictWords(attention)).toBe('pruned at step 7: attention 0.0043 below 0.01');
  expect(verdictWords(verdict({ score: null }))).toBe('pruned at step 7: by the rule posterior');
  expect(verdictWords(verdict({ effect: 'dropped', at: 3 }))).toMatch(/^dropped before it joined/);
});

test('a state is told with its reason', () => {
  const view = { ...new RunLog().now(), settings: { max_width: 8 } };
  const one = step(0, ['a', { text: 'b', state: 'below_threshold', p: 0.03 }]);
  const words = (given: Parameters<typeof candidate>[0], isShown = false) =>
    stateWords(view, one, candidate(given), isShown);
  expect(words({ text: 'a' }, true)).toBe('kept, on the path that is shown');
  expect(words({ text: 'a' })).toBe('kept, beside the path that is shown');
  expect(words({ text: 'b', state: 'below_threshold', p: 0.03 })).toBe(
    'considered, not kept: 3.00 % is below the threshold of 10.0 %'
  );
  // A threshold relative to the leading token can cut what is above its number.
  expect(words({ text: 'b', state: 'below_threshold', p: 0.3 })).not.toContain('30');
  expect(words({ text: 'b', state: 'over_cap' })).toContain('already held 8 tokens');
  expect(words({ text: 'b', state: 'pruned', verdict: verdict() })).toContain('at step 7');
  expect(words({ text: 'b', state: 'pruned', reason: 'as told' })).toBe('as told');
  expect(words({ text: '', state: 'finished' }, true)).toContain('end of a text');
});

test('candidates are grouped by what became of them, each group by rank', () => {
  const one = step(0, [
    { text: 'a', rank: 2 },
    { text: 'b', rank: 0 },
    { text: 'c', rank: 1, state: 'pruned' },
    { text: 'd', rank: 3, state: 'over_cap' }
  ]);
  expect(groups(one).map(({ kind, indices }) => [kind, indices])).toEqual([
    ['kept', [1, 0]],
    ['pruned', [2]],
    ['unkept', [3]]
  ]);
  expect(note(candidate({ text: 'c', state: 'pruned', verdict: verdict() }))).toBe('at step 7');
});

test('no run goes on from the end of a text, or without a service', () => {
  expect(whyNoBranch(candidate({ text: ' a' }), false)).toBeNull();
  expect(whyNoBranch(candidate({ text: ' a' }), true)).toContain('from a file');
  expect(whyNoBranch(candidate({ text: '</s>', state: 'finished' }), false)).toContain('ends');
  expect(whyNoBranch(candidate({ text: '', state: 'below_threshold' }), false)).toContain('ends');
  expect(whyNoBranch(candidate({ text: '', bytes: '8J8=' }), false)).toBeNull();
});

test('what would disturb the page is spelled out; joiners of emoji stay', () => {
  expect(readable('a\u2067b\u0007\r')).toBe('a⟨U+2067⟩b⟨U+0007⟩⟨U+000D⟩');
  expect(readable('👨‍👩‍👧 <script>\n\t')).toBe('👨‍👩‍👧 <script>\n\t');
});

test('places among the n best', () => {
  expect(placesWords([], 5)).toBe('in none of the 5 best texts');
  expect(placesWords([0, 1, 4], 5)).toBe('in number 1, 2 and 5 of the 5 best texts');
  expect(placesWords([0, 1], 2)).toBe('in all 2 best texts');
  expect(placesWords([2], 5)).toBe('in number 3 of the 5 best texts');
});
