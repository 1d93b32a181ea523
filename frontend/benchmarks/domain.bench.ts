/** What the page's own arithmetic takes over long runs, in one table: `npm run bench`. */

import { bench, describe } from 'vitest';
import { align } from '$lib/domain/align';
import { COLLAPSED } from '$lib/domain/collapse';
import { difference } from '$lib/domain/difference';
import { sampleSteps } from '$lib/domain/lattice_samples';
import { layOut } from '$lib/domain/layout';
import { RunLog } from '$lib/domain/run_log';
import { chosen, rowsOf, sorted } from '$lib/domain/table';
import { syntheticRun } from '../tests/synthetic';

const STEPS = 10_000;

const log = new RunLog();
for (const event of syntheticRun(STEPS)) log.append(event);
const view = log.now();

describe(`a run of ${STEPS} steps`, () => {
  let turn = 0;
  bench('any moment of it', () => {
    log.at((turn++ * 7919) % log.newest);
  });
  bench('its table, filtered, searched and sorted', () => {
    const rows = rowsOf(view, view.chain);
    sorted(chosen(rows, 'pruned', 'fox ran'), 'entropy', 'descending');
  });
});

describe(`the tree's columns of ${STEPS} steps`, () => {
  const { steps, chain } = sampleSteps(STEPS, 11);
  const common = { prompt: 'Once', ending: null, expansion: COLLAPSED, withUnkept: false };
  const fewer = { ...common, steps: steps.slice(0, -1), chain: chain.slice(0, -1) };
  const before = layOut(fewer);
  bench('all of them', () => {
    layOut(fewer);
  });
  bench('one more', () => {
    layOut({ ...common, steps, chain }, before);
  });
});

describe('two texts that differ throughout', () => {
  const one = Array.from({ length: 20_000 }, (_, index) => index);
  const other = one.map((token) => token + 100_000);
  bench('20,000 tokens aligned', () => {
    align(one, other);
  });
  const words = Array.from({ length: 5000 }, (_, n) => `a${n}`);
  const others = words.map((word) => `b${word}`);
  bench('5,000 words compared', () => {
    difference(words, others);
  });
});
