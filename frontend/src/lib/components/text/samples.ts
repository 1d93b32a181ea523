/** Made-up runs for tests and measurements. */

import type { RunEvent, WireCandidate } from '$lib/domain/events';
import type { Candidate, Step } from '$lib/domain/view';

export type Sample = Partial<Candidate> & { text: string };

export const candidate = (given: Sample, rank = 0): Candidate => ({
  id: 10 + rank,
  bytes: null,
  p: 0.5 / (rank + 1),
  rank,
  parent: null,
  score: null,
  weight: null,
  state: 'kept',
  reason: null,
  verdict: null,
  ...given
});

/** A step whose candidates are kept, unless said otherwise. */
export function step(
  number: number,
  samples: (Sample | string)[],
  given: Partial<Step> = {}
): Step {
  const candidates = samples.map((one, rank) =>
    candidate(typeof one === 'string' ? { text: one } : one, rank)
  );
  return {
    step: number,
    entropy: 1.2,
    threshold: 0.1,
    covered: 0.95,
    keptMass: 0.9,
    candidates,
    transitions: [],
    seq: number + 1,
    at: number,
    rows: null,
    pruned: candidates.filter((one) => one.state === 'pruned').length,
    ...given
  };
}

/** Steps of one candidate each, all on the path. */
export const plain = (texts: string[]): { steps: Step[]; chain: number[] } => ({
  steps: texts.map((text, number) => step(number, [text])),
  chain: texts.map(() => 0)
});

const wire = (id: number, text: string, p: number, rank: number, more = {}): WireCandidate => ({
  id,
  text,
  bytes: null,
  p,
  rank,
  phys: null,
  parent: 0,
  score: -1,
  weight: p,
  state: 'kept',
  reason: null,
  ...more
});

const WORDS =
  ' the little fox went to a big forest and saw tree he was happy with his friend'.split(/ /);

/** Events of a run of many steps, with branching, pruning and a new line now and then. */
export function* events(count: number, newlineEvery = 40): Generator<RunEvent> {
  let seq = 0;
  const common = () => ({ v: 1 as const, seq: seq++, t_ms: seq * 2 });
  yield {
    ...common(),
    type: 'run.started',
    run_id: 'made-up',
    parent: null,
    continued_from: null,
    reused_rows: 0,
    model: { id: 'made-up' },
    settings: { max_width: 8 },
    seed: 1,
    prompt: { text: 'Once upon a time', tokens: [] },
    limits: { max_steps: count }
  };
  const told = (number: number, prunedAt: number | null) => {
    const word = WORDS[1 + ((number * 7) % (WORDS.length - 1))]!;
    const isLine = newlineEvery > 0 && number % newlineEvery === newlineEvery - 1;
    const width = isLine ? 1 : 1 + (number % 4);
    const candidates = Array.from({ length: 16 }, (_, rank) => {
      const isKept = rank < width;
      const isPruned = prunedAt !== null && isKept && rank === width - 1 && width > 2;
      return wire(
        100 + rank,
        rank === 0 && isLine ? '\n' : ` ${word}${rank ? rank : ''}`,
        0.6 / 2 ** rank,
        rank,
        {
          state: isPruned ? 'pruned' : isKept ? 'kept' : 'below_threshold',
          reason: isPruned ? `pruned at step ${prunedAt}: posterior 0.001 against 0.02` : null
        }
      );
    });
    return {
      step: number,
      entropy: (number % 30) / 10,
      primary: 0,
      threshold: 0.1,
      covered: 0.97,
      kept_mass: 0.8,
      candidates,
      transitions: []
    };
  };
  for (let number = 0; number < count; number++) {
    yield {
      ...common(),
      ...told(number, null),
      type: 'step.appended',
      pos: number,
      cache_rows: number,
      released: 0,
      dropped: [],
      chain_changes: [{ step: number, to: 0 }]
    };
    const old = number - 4;
    if (old < 0 || (newlineEvery > 0 && old % newlineEvery === newlineEvery - 1) || old % 4 < 2) {
      continue;
    }
    const width = 1 + (old % 4);
    yield {
      ...common(),
      type: 'candidates.pruned',
      at_step: number,
      reason: 'posterior',
      items: [
        {
          step: old,
          index: width - 1,
          token_id: 100 + width - 1,
          rule: 'posterior',
          effect: 'pruned',
          score: 0.001,
          threshold: 0.02,
          mass: 0.001
        }
      ],
      steps: [told(old, number)],
      removed: [],
      lost: 0.001,
      primary_changes: [],
      cache_rows: number,
      chain_changes: []
    };
  }
  yield {
    ...common(),
    type: 'run.finished',
    reason: 'max_steps',
    steps: count,
    wall_ms: 1,
    text: '',
    digest: ''
  };
}

/** Events of a run whose steps have these texts, the first of each on the path. */
export function told(steps: (string | Partial<WireCandidate>)[][], isEnded = true): RunEvent[] {
  const [started] = [...events(0)] as [RunEvent];
  const found: RunEvent[] = [started];
  steps.forEach((texts, step) => {
    const candidates = texts.map((one, rank) =>
      wire(
        10 * step + rank,
        '',
        0.5 / (rank + 1),
        rank,
        typeof one === 'string' ? { text: one } : one
      )
    );
    found.push({
      v: 1,
      seq: found.length,
      t_ms: step,
      type: 'step.appended',
      step,
      pos: step,
      entropy: 1.2,
      primary: 0,
      threshold: 0.1,
      covered: 0.95,
      kept_mass: 0.9,
      candidates,
      transitions: [],
      cache_rows: step,
      released: 0,
      dropped: [],
      chain_changes: [{ step, to: 0 }]
    });
  });
  const seq = found.length;
  const ending = { reason: 'max_steps' as const, steps: seq - 1, wall_ms: 1, text: '', digest: '' };
  if (isEnded) found.push({ v: 1, seq, t_ms: seq, type: 'run.finished', ...ending });
  return found;
}
