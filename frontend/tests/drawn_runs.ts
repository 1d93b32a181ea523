/** Event logs drawn at random: every type, prunings that rewrite earlier steps, steps that leave. */

import { readEvent, type CandidateState, type RunEvent } from '$lib/domain/events';
import type { Random } from './random';

const TEXTS = [' a', 'the', '\n', '', ' ', '🦊', '<b>', 'שלום', '\u200b'];
const STATES: CandidateState[] = ['kept', 'finished', 'below_threshold', 'over_cap', 'pruned'];

interface DrawnStep {
  step: number;
  candidates: { id: number; state: CandidateState }[];
}

function drawnStep(random: Random, step: number): DrawnStep {
  const candidates = Array.from({ length: 1 + random.below(4) }, (_, rank) => ({
    id: 10 * rank + random.below(10),
    text: random.one(TEXTS),
    bytes: random.chance(0.1) ? btoa('\xf0\x9f') : null,
    p: random.next(),
    rank,
    phys: null,
    parent: random.chance(0.5) ? 0 : null,
    score: random.chance(0.5) ? -random.next() : null,
    weight: null,
    state: rank ? random.one(STATES) : ('kept' as const),
    reason: null
  }));
  return {
    step,
    entropy: random.next(),
    primary: 0,
    threshold: 0.1,
    covered: 0.9,
    kept_mass: 0.5,
    candidates,
    transitions: []
  } as DrawnStep;
}

/** Some `count` events with the numbers 0, 1, 2, ... */
export function drawnEvents(random: Random, count: number): RunEvent[] {
  const told: RunEvent[] = [];
  const steps: DrawnStep[] = [];
  const tell = (fields: Record<string, unknown>) =>
    told.push(readEvent({ v: 1, seq: told.length, t_ms: told.length, ...fields }));
  const changes = () => {
    const step = random.one(steps);
    const to = random.chance(0.2) ? null : random.below(step.candidates.length);
    return random.chance(0.7) ? [{ step: step.step, to }] : [];
  };
  tell({
    type: 'run.started',
    run_id: 'drawn',
    settings: {},
    prompt: { text: 'Once', tokens: [] },
    limits: { max_steps: count }
  });
  while (told.length < count - 1) {
    const kind = random.next();
    if (!steps.length || kind < 0.55) {
      const step = drawnStep(random, steps.length);
      steps.push(step);
      tell({ type: 'step.appended', ...step, chain_changes: [{ step: step.step, to: 0 }] });
    } else if (kind < 0.8) {
      const judged = random.one(steps);
      const index = random.below(judged.candidates.length);
      const items = [
        { step: judged.step, index, token_id: judged.candidates[index]!.id, rule: 'drawn' }
      ];
      const retold = random.chance(0.8) ? [drawnStep(random, judged.step)] : [];
      if (retold.length) steps[judged.step] = retold[0]!;
      const removed = random.chance(0.1) ? [random.below(steps.length)] : [];
      tell({
        type: 'candidates.pruned',
        at_step: steps.length - 1,
        items,
        steps: retold.filter((one) => !removed.includes(one.step)),
        removed,
        chain_changes: changes()
      });
    } else if (kind < 0.9) {
      tell({ type: 'text.settled', text: random.one(TEXTS), steps: random.below(steps.length) });
    } else if (kind < 0.95) tell({ type: 'run.stats', steps: steps.length, tok_s: 10 });
    else tell({ type: `later.${random.below(3)}`, steps: 'anything' });
  }
  if (random.chance(0.5)) tell({ type: 'run.finished', reason: 'eos', text: 'x', steps: 1 });
  else tell({ type: 'run.error', code: 'timeout', message: 'too long' });
  return told;
}
