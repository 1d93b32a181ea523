import { expect, test } from 'vitest';
import { readEvent } from './events';
import { RunLog } from './run_log';
import { lineage } from './view';

const candidate = (id: number, state: string, parent: number | null) => ({
  id,
  text: ` w${id}`,
  bytes: null,
  p: 0.5,
  rank: 0,
  phys: null,
  parent,
  score: -1,
  weight: null,
  state,
  reason: null
});

const step = (number: number, candidates: object[]) => ({
  step: number,
  entropy: 1,
  primary: 0,
  threshold: 0.1,
  covered: 1,
  kept_mass: 1,
  candidates,
  transitions: []
});

test('a pruned candidate remembers where it came from', () => {
  const log = new RunLog();
  const told = [
    { type: 'step.appended', ...step(0, [candidate(1, 'kept', null), candidate(2, 'kept', null)]) },
    { type: 'step.appended', ...step(1, [candidate(3, 'kept', 0), candidate(4, 'kept', 1)]) },
    {
      type: 'candidates.pruned',
      items: [],
      removed: [],
      at_step: 1,
      steps: [
        step(0, [candidate(1, 'kept', null), candidate(2, 'pruned', null)]),
        step(1, [candidate(3, 'kept', 0), candidate(4, 'pruned', null)])
      ]
    }
  ];
  told.forEach((event, seq) => log.append(readEvent({ v: 1, seq, t_ms: seq, ...event })));
  expect(log.now().steps[1]!.candidates[1]).toMatchObject({ parent: null, origin: 2 });
  expect(lineage(log.now(), 1, 1)).toEqual([
    { step: 0, index: 1 },
    { step: 1, index: 1 }
  ]);
});
