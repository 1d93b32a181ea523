import { expect, test } from 'vitest';
import { syntheticRun } from '../../../tests/synthetic';
import type { CandidatesPruned, RunEvent } from './events';
import { causeOf, describe, textFrom } from './moments';
import { Track } from './ticks';

const events = syntheticRun(12);
const track = new Track().read(events);
const textOf = textFrom(events, (step) => track.seenFor(step));
const plain = (said: string): string => said.replace(/[\u2068\u2069]/g, '');
const of = (type: RunEvent['type']): RunEvent => events.find((event) => event.type === type)!;
const pruning = of('candidates.pruned') as CandidatesPruned;
const decision = {
  step: 0,
  token_id: 101,
  rule: 'posterior',
  effect: 'pruned' as const,
  score: 0.004,
  threshold: 0.02,
  mass: 0.004
};

test('a step says how many of its candidates were kept and which leads', () => {
  expect(plain(describe(of('step.appended'), textOf))).toBe(
    'step 0 appended: 2 kept of 4; “␣the” leads with 60.0 %'
  );
});

test('a pruning says when, what, of which step and why, and where the text changed', () => {
  const event = { ...pruning, items: [{ ...decision, index: 1 }] };
  expect(plain(describe(event, textOf))).toBe(
    'step 3 pruned “␣little” of step 0: posterior 0.40 % below 2.00 %; the text changed at step 0'
  );
});

test('the token of a step that left as a whole keeps its text', () => {
  const item = { ...decision, index: 1, effect: 'position_removed' as const };
  const event = { ...pruning, items: [item], steps: [], removed: [0], chain_changes: [] };
  expect(plain(describe(event, textOf))).toContain('removed “␣little” of step 0');
  expect(plain(describe(event, textOf))).toContain('step 3 removed step 0');
});

test('what was judged is named before what left with it', () => {
  const items = [
    { ...decision, index: 1, effect: 'weakened' as const },
    { ...decision, index: 1, effect: 'descendant' as const, step: 1 },
    { ...decision, index: 1 }
  ];
  const said = plain(describe({ ...pruning, items, chain_changes: [] }, textOf));
  expect(said).toContain('pruned “␣little” of step 0: posterior 0.40 % below 2.00 %');
  expect(said).toContain('1 more left, 1 more weakened');
});

test('a cause without numbers is the rule alone, and no rule is unreadable', () => {
  expect(causeOf({ ...decision, score: null })).toBe('posterior');
  expect(causeOf({ ...decision, rule: 'coherence', score: 0, threshold: 0.3 })).toBe(
    'coherence 0.00 below 0.300'
  );
});

test('an unknown event and the ends are said too', () => {
  const unknown = { v: 1, seq: 0, t_ms: 0, type: 'unknown', named: 'x.y' } as RunEvent;
  expect(describe(unknown, textOf)).toContain('x.y');
  expect(describe(of('run.finished'), textOf)).toContain('all steps are done');
  expect(describe(of('run.started'), textOf)).toContain('a prompt of 1 token');
});

test('a step that turns the text at earlier steps says so', () => {
  const step = of('step.appended');
  const turned = { ...step, step: 4, chain_changes: [2, 3, 4].map((at) => ({ step: at, to: 0 })) };
  expect(describe(turned as RunEvent, textOf)).toContain('the text changed at steps 2, 3');
});
