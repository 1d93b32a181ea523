import { expect, test } from 'vitest';
import { endOf } from './endings';
import { RunLog } from './run_log';
import type { RunView } from './view';

const ended = (ending: RunView['ending']): RunView => ({ ...new RunLog().now(), ending });

test('a run that goes on has no end to tell of', () => {
  expect(endOf(ended(null))).toBeNull();
});

test('the end is told with the number of steps and the reason in words', () => {
  const view = ended({ reason: 'cancelled', error: null, wallMs: 3 });
  expect(endOf(view)).toBe('Generation ended after 0 steps: stopped by you.');
});

test('a run that failed tells why', () => {
  const error = { code: 'timeout', message: 'the run took 5 s', retryable: true, requestId: '' };
  expect(endOf(ended({ reason: 'timeout', error, wallMs: null }))).toContain('the run took 5 s');
});
