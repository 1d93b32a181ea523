import { expect, test } from 'vitest';
import { syntheticRun } from '../../../tests/synthetic';
import type { SettingSpec } from '$lib/api/client';
import { median, paces, saidValue, seconds, settingFacts, timeFacts } from './facts';
import { RunLog } from './run_log';

test('settings that differ from the defaults stand apart, with the default', () => {
  const specs = [
    { name: 'max_steps', label: 'Steps', group: 'Stopping', default: 100 },
    { name: 'top_k', label: 'Top k', group: 'Logits', default: null }
  ] as SettingSpec[];
  const { differing, others } = settingFacts({ max_steps: 40, top_k: null, new_one: true }, specs);
  expect(differing).toEqual([
    { name: 'max_steps', label: 'Steps', group: 'Stopping', value: '40', otherwise: '100' }
  ]);
  expect(others.map((one) => [one.name, one.value])).toEqual([
    ['top_k', 'off'],
    ['new_one', 'on']
  ]);
});

test('values read as words', () => {
  expect([null, true, false, [], ['a', 'b'], 0.1].map(saidValue)).toEqual([
    'off',
    'on',
    'off',
    'none',
    '“a”, “b”',
    '0.1'
  ]);
  expect([seconds(0.0123), seconds(2.5)]).toEqual(['12 ms', '2.50 s']);
});

test('times to the first step and between steps', () => {
  const log = new RunLog();
  for (const event of syntheticRun(9)) log.append(event);
  expect(paces(log.now(), log.events)).toEqual({ toFirst: 10, perStep: 2 });
  expect(paces(log.at(1), log.events)).toEqual({ toFirst: null, perStep: null });
  expect([median([]), median([3, 1, 2]), median([1, 2])]).toEqual([null, 2, 1.5]);
});

test('a run without a result has no times of the service', () => {
  expect(timeFacts(null)).toEqual([]);
});
