/** Random lattices for tests, the same for the same seed. */

import { members, type Candidate, type Step } from './view';

/** Numbers in [0, 1), the same sequence for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const TEXTS = [
  ' a',
  ' fox',
  '\n',
  ' extraordinarily',
  '東京',
  '🦊',
  ' ',
  'ly',
  '</script>',
  ' שלום'
];

export function sampleStep(step: number, random: () => number, before?: Step): Step {
  const kept = random() < 0.5 ? 1 : 1 + Math.floor(random() * 5);
  const pruned = kept === 1 && random() < 0.8 ? 0 : Math.floor(random() * 3);
  const parents = before ? Math.max(1, members(before).length) : 1;
  const candidates: Candidate[] = Array.from({ length: kept + pruned + 3 }, (_, rank) => ({
    id: step * 100 + rank,
    text: TEXTS[Math.floor(random() * TEXTS.length)]!,
    bytes: null,
    p: random(),
    rank,
    parent: before && rank < kept ? Math.floor(random() * parents) : null,
    score: -random(),
    weight: rank < kept ? 1 / kept : null,
    state: rank < kept ? 'kept' : rank < kept + pruned ? 'pruned' : 'below_threshold',
    reason: null,
    verdict: null
  }));
  return {
    step,
    entropy: 4 * random(),
    threshold: 0.1,
    covered: 1,
    keptMass: 1,
    candidates,
    transitions: Array.from({ length: parents }, () =>
      Array.from({ length: kept }, () => (random() < 0.1 ? null : Math.log(random())))
    ),
    seq: step + 1,
    at: step,
    rows: null,
    pruned
  };
}

export function sampleSteps(
  count: number,
  seed: number,
  removed = 0.03
): { steps: (Step | undefined)[]; chain: number[] } {
  const random = numbers(seed);
  const steps: (Step | undefined)[] = [];
  let before: Step | undefined;
  for (let number = 0; number < count; number++) {
    const isRemoved = number > 0 && random() < removed;
    const step = isRemoved ? undefined : sampleStep(number, random, before);
    before = step ?? before;
    steps.push(step);
  }
  const chain = steps.map((step) => (step ? Math.floor(random() * members(step).length) : -1));
  return { steps, chain };
}
