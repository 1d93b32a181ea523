/** Events of a run that was never decoded: as many steps as asked, the same ones each time. */

import type {
  Decision,
  RunEvent,
  StepAppended,
  WireCandidate,
  WireStep
} from '../src/lib/domain/events';

const WORDS = [' the', ' little', ' fox', ' ran', ' to', ' a', ' big', ' tree', '.', '\n'];
const THRESHOLD = 0.1;

/** A number in [0, 1) that belongs to a place. */
const chance = (place: number): number => ((Math.imul(place + 1, 2654435761) >>> 0) % 9973) / 9973;

function candidate(step: number, rank: number, kept: boolean): WireCandidate {
  return {
    id: 100 + ((7 * step + rank) % 50),
    text: WORDS[(step + rank) % WORDS.length]!,
    bytes: null,
    p: rank === 0 ? 0.6 : rank === 1 && kept ? 0.2 : 0.02 / rank,
    rank,
    phys: kept ? 10 + 2 * step + rank : null,
    parent: kept ? 0 : null,
    score: kept ? -step - rank : null,
    weight: kept ? 1 / (1 + rank) : null,
    state: kept ? 'kept' : 'below_threshold',
    reason: null
  };
}

/** Step `step`: every third one keeps two of its candidates. */
export function syntheticStep(step: number, considered = 4): WireStep {
  const kept = step % 3 === 0 ? 2 : 1;
  return {
    step,
    entropy: 4 * chance(step),
    primary: 0,
    threshold: THRESHOLD,
    covered: 0.9,
    kept_mass: kept === 2 ? 0.8 : 0.6,
    candidates: Array.from({ length: considered }, (_, rank) => candidate(step, rank, rank < kept)),
    transitions: []
  };
}

/** That step once the second of its candidates is pruned. */
function prunedStep(step: WireStep, at: number): WireStep {
  const candidates = step.candidates.map((one) =>
    one.rank === 1 ? { ...one, state: 'pruned' as const, reason: `pruned at step ${at}` } : one
  );
  return { ...step, kept_mass: 0.6, candidates };
}

/**
 * A run of so many steps. Where two candidates were kept the second leads the text, until three
 * steps later it is pruned and the first one takes its place.
 */
export function syntheticRun(steps: number, { isEnded = true } = {}): RunEvent[] {
  const events: RunEvent[] = [];
  const add = (event: Record<string, unknown>, at: number): void => {
    events.push({ v: 1, seq: events.length, t_ms: at, ...event } as unknown as RunEvent);
  };
  add(
    {
      type: 'run.started',
      run_id: 'synthetic',
      parent: null,
      continued_from: null,
      reused_rows: 0,
      model: { id: 'embedded', revision: 'abcdef0123456789', dtype: 'float32', device: 'cpu' },
      settings: { selection_threshold: THRESHOLD, max_steps: steps },
      seed: 42,
      prompt: { text: 'Once', tokens: [{ id: 1, text: 'Once', bytes: null }] },
      limits: { max_steps: steps }
    },
    0
  );
  for (let step = 0; step < steps; step++) {
    const at = 10 + 2 * step;
    const wire = syntheticStep(step);
    const branches = step % 3 === 0;
    const appended: Omit<StepAppended, 'v' | 'seq' | 't_ms'> = {
      type: 'step.appended',
      ...wire,
      pos: 1 + step,
      cache_rows: 1 + step,
      released: 0,
      dropped: [],
      chain_changes: [{ step, to: branches ? 1 : 0 }]
    };
    add(appended, at);
    const judged = step - 3;
    if (judged < 0 || judged % 3 !== 0) continue;
    const decision: Decision = {
      step: judged,
      token_id: candidate(judged, 1, true).id,
      rule: 'posterior',
      effect: 'pruned',
      score: 0.02 * chance(judged),
      threshold: 0.02,
      mass: 0.004
    };
    add(
      {
        type: 'candidates.pruned',
        at_step: step,
        reason: 'posterior',
        items: [{ ...decision, index: 1 }],
        steps: [prunedStep(syntheticStep(judged), step)],
        removed: [],
        lost: 0.004,
        cache_rows: step,
        chain_changes: [{ step: judged, to: 0 }]
      },
      at
    );
  }
  if (isEnded) {
    const ending = { type: 'run.finished', reason: 'max_steps', steps, wall_ms: 2 * steps };
    add({ ...ending, text: '', digest: '' }, 10 + 2 * steps);
  }
  return events;
}
