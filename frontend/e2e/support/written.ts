/** Runs that are written down: the service's own over scripts, and made ones. */

import { readFileSync } from 'node:fs';
import { longRun } from './long_run.js';
import type { Told } from './stage.js';

interface Fixture {
  events: Told[];
  text: string;
}

const runs = JSON.parse(
  readFileSync(new URL('../../tests/fixtures/runs.json', import.meta.url), 'utf8')
) as Record<'ending' | 'pruned' | 'removed' | 'recomputed' | 'odd', Fixture>;

export { longRun, runs };

/** A run whose service failed after so many events. */
export function failed(events: Told[], after: number): Told[] {
  const told = events.slice(0, after);
  const error = {
    v: 1,
    seq: told.length,
    t_ms: 9,
    type: 'run.error',
    code: 'memory_exceeded',
    message: 'The cache has no room for this run.',
    step: 3,
    retryable: true,
    request_id: 'abc123'
  };
  return [...told, error];
}
