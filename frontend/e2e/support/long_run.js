/** Events of a run as long as is asked: several hypotheses, prunings, words and new lines. */

const WORDS = ' the little fox ran to a big tree and said hello . , she was very happy'.split(' ');
const KEPT = [1, 2, 1, 3, 1, 1, 2, 4];

/** @param {number} step */
const textOf = (step, rank = 0) =>
  step % 40 === 39 ? '\n' : ` ${WORDS[(step * 7 + rank * 3) % WORDS.length]}`;

/** @param {number} step */
function stepOf(step, isPruned = false) {
  const kept = KEPT[step % KEPT.length] ?? 1;
  const before = step && isPruned ? 1 : step ? (KEPT[(step - 1) % KEPT.length] ?? 1) : 1;
  const states = Array.from({ length: 6 }, (_, rank) => {
    if (rank >= kept) return 'below_threshold';
    return isPruned && rank ? 'pruned' : 'kept';
  });
  const members = states.filter((state) => state === 'kept').length;
  return {
    step,
    entropy: 0.3 + (step % 11) / 5,
    primary: 0,
    threshold: 0.1,
    covered: 0.9,
    kept_mass: 0.8,
    candidates: states.map((state, rank) => ({
      id: 1000 * rank + (step % 900),
      text: textOf(step, rank),
      bytes: null,
      p: 0.5 / (1 + rank * rank),
      rank,
      phys: state === 'kept' ? step * 4 + rank : null,
      parent: step && state === 'kept' ? 0 : null,
      score: state === 'kept' ? -0.01 * step - rank : null,
      weight: state === 'kept' ? 1 / members : null,
      state,
      reason: state === 'pruned' ? `pruned at step ${step + 3} (score 0.004 < 0.010)` : null
    })),
    transitions: Array.from({ length: before }, () =>
      Array.from({ length: members }, (_, rank) => -0.7 - rank)
    )
  };
}

/**
 * @param {number} steps
 * @returns {import('./stage.js').Told[]}
 */
export function longRun(steps) {
  /** @type {import('./stage.js').Told[]} */
  const events = [];
  /** @param {Record<string, unknown>} fields */
  const tell = (fields) =>
    events.push({ v: 1, seq: events.length, t_ms: 2 * events.length, type: '', ...fields });
  tell({
    type: 'run.started',
    run_id: 'long',
    parent: null,
    continued_from: null,
    reused_rows: 0,
    model: { id: 'written', revision: 'abc', dtype: 'float32', device: 'cpu' },
    settings: { max_steps: steps },
    seed: 1,
    prompt: { text: 'Once', tokens: [{ id: 1, text: 'Once', bytes: null }] },
    limits: { max_steps: steps }
  });
  for (let step = 0; step < steps; step++) {
    tell({
      type: 'step.appended',
      ...stepOf(step),
      pos: step,
      cache_rows: 2 * step,
      released: 0,
      dropped: [],
      chain_changes: [{ step, to: 0 }]
    });
    const judged = step - 3;
    if (judged >= 0 && (KEPT[judged % KEPT.length] ?? 1) > 2) {
      const old = stepOf(judged, true);
      const items = old.candidates.flatMap((one, index) =>
        one.state === 'pruned'
          ? [
              {
                step: judged,
                index,
                token_id: one.id,
                rule: 'posterior',
                effect: 'pruned',
                score: 0.004,
                threshold: 0.01,
                mass: 0.02
              }
            ]
          : []
      );
      tell({
        type: 'candidates.pruned',
        at_step: step,
        reason: 'posterior',
        items,
        steps: [old],
        removed: [],
        lost: 0.02,
        cache_rows: 2 * step,
        chain_changes: []
      });
    }
    if (step % 10 === 9) tell({ type: 'text.settled', text: '', steps: Math.max(0, step - 5) });
    if (step % 250 === 0)
      tell({ type: 'run.stats', steps: step, tok_s: 500, kv_tokens: 2 * step, rss_mb: 700 });
  }
  tell({
    type: 'run.finished',
    reason: 'max_steps',
    steps,
    wall_ms: 2 * steps,
    text: Array.from({ length: steps }, (_, step) => textOf(step)).join(''),
    digest: ''
  });
  return events;
}
