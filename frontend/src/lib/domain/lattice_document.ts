/**
 * A lattice document as a run: what happened, as far as it can be told from what was left.
 *
 * Each step is appended with the members that it had then, and what was pruned falls at the step at
 * which it was decided. Of what was pruned the document holds no score and no parent.
 */

import type { NBestText, RunResult } from '$lib/api/client';
import type {
  CandidateState,
  Decision,
  ModelFacts,
  RunEvent,
  Settings,
  WireCandidate,
  WireStep
} from './events';
import * as read from './reading';
import { FileError, type Fields } from './reading';
import { spell } from './spelling';

export const LATTICE_FORMAT = 'tempo-lattice';
const VERSION = 1;

/** No run is longer, and no step wider, than the page can show. */
export const MOST_STEPS = 100_000;
export const MOST_CANDIDATES = 4096;

export const STATES: readonly CandidateState[] = [
  'kept',
  'finished',
  'below_threshold',
  'over_cap',
  'pruned'
];

const REASONS: Record<string, string> = { end_of_text: 'eos', stop_string: 'stop' };
const LEAVING = new Set(['pruned', 'descendant', 'position_removed']);

/** A run that was read from a file. */
export interface OpenedRun {
  id: string;
  events: RunEvent[];
  result: RunResult | null;
}

interface DocumentCandidate extends Omit<WireCandidate, 'phys'> {
  /** the step at which it left, null where it did not or was never kept */
  leaves: number | null;
}

interface DocumentStep extends Omit<WireStep, 'candidates' | 'primary' | 'covered'> {
  candidates: DocumentCandidate[];
}

interface DatedDecision extends Decision {
  decidedAt: number;
}

/** A table of log-probabilities; null is minus infinity. */
export function transitions(value: unknown, place: string): (number | null)[][] {
  const entry = (one: unknown, at: string) => read.number(one, at, -Infinity, 0.0001);
  const row = (one: unknown, at: string) =>
    read.each(one, at, (cell, where) => read.maybe(cell, where, entry), MOST_CANDIDATES);
  return read.each(value, place, row, MOST_CANDIDATES);
}

/**
 * Read a lattice document.
 *
 * @throws {FileError} saying what is wrong, and where.
 */
export function readLattice(data: Fields): OpenedRun {
  const version = read.whole(data.version, 'version', 1);
  if (version !== VERSION) {
    throw new FileError(`version is ${version}; this page reads version ${VERSION}`);
  }
  const steps = read.each(data.steps, 'steps', stepOf, MOST_STEPS);
  const decisions = read.each(data.decisions, 'decisions', decisionOf, 10 * MOST_STEPS);
  steps.forEach((step, place) => fits(step, steps[place - 1], `steps[${place}]`));
  const leaving = new Map<string, number>();
  for (const one of decisions) {
    const key = `${one.step} ${one.token_id}`;
    if (LEAVING.has(one.effect) && !leaving.has(key)) leaving.set(key, one.decidedAt);
  }
  for (const step of steps) {
    for (const one of step.candidates) {
      const left = one.state === 'pruned' ? leaving.get(`${step.step} ${one.id}`) : undefined;
      one.leaves = left === undefined ? null : Math.max(left, step.step);
    }
  }
  const path = pathOf(data.best_path, 'best_path', steps);
  const events = new History(steps, decisions, path ?? bestChain(steps)).events(opening(data), {
    settled: read.whole(data.settled ?? 0, 'settled', 0, MOST_STEPS),
    reason: read.maybe(data.finish_reason, 'finish_reason', read.text),
    text: read.text(data.text, 'text')
  });
  return { id: nameOf(data), events, result: resultOf(data, steps) };
}

// The document's parts ---------------------------------------------------------------------------

function stepOf(value: unknown, place: string): DocumentStep {
  const fields = read.object(value, place);
  return {
    step: read.whole(fields.step, `${place}.step`, 0, MOST_STEPS),
    entropy: read.number(fields.entropy, `${place}.entropy`, -0.001, 100),
    threshold: read.probability(fields.threshold, `${place}.threshold`),
    kept_mass: read.probability(fields.kept_mass, `${place}.kept_mass`),
    candidates: read.each(fields.candidates, `${place}.candidates`, candidateOf, MOST_CANDIDATES),
    transitions: transitions(fields.transitions, `${place}.transitions`)
  };
}

function candidateOf(value: unknown, place: string): DocumentCandidate {
  const fields = read.object(value, place);
  return {
    id: read.whole(fields.token_id, `${place}.token_id`),
    text: read.text(fields.text, `${place}.text`),
    bytes: read.maybe(fields.bytes, `${place}.bytes`, read.base64),
    p: read.probability(fields.probability, `${place}.probability`),
    rank: read.whole(fields.rank, `${place}.rank`),
    parent: read.maybe(fields.parent, `${place}.parent`, read.whole),
    score: read.maybe(fields.score, `${place}.score`, read.number),
    weight: read.maybe(fields.weight, `${place}.weight`, read.probability),
    state: read.oneOf(fields.state, `${place}.state`, STATES),
    reason: read.maybe(fields.reason, `${place}.reason`, read.text),
    leaves: null
  };
}

function decisionOf(value: unknown, place: string): DatedDecision {
  const fields = read.object(value, place);
  return {
    step: read.whole(fields.step, `${place}.step`, 0, MOST_STEPS),
    token_id: read.whole(fields.token_id, `${place}.token_id`),
    rule: read.text(fields.rule, `${place}.rule`),
    effect: read.text(fields.effect, `${place}.effect`),
    score: read.maybe(fields.score, `${place}.score`, read.number),
    threshold: read.maybe(fields.threshold, `${place}.threshold`, read.number),
    mass: read.maybe(fields.mass, `${place}.mass`, read.number),
    decidedAt: read.whole(fields.decided_at, `${place}.decided_at`, 0, MOST_STEPS)
  };
}

const isMember = (one: { state: CandidateState }): boolean =>
  one.state === 'kept' || one.state === 'finished';

/** Members as places among a step's candidates, now or for those that are there at last. */
const membersOf = (step: DocumentStep): number[] =>
  step.candidates.flatMap((one, place) => (isMember(one) ? [place] : []));

function fits(step: DocumentStep, before: DocumentStep | undefined, place: string): void {
  const first = before ? before.step + 1 : 0;
  read.whole(step.step, `${place}.step`, first, MOST_STEPS);
  const parents = before ? membersOf(before).length : 0;
  const seen = new Set<number>();
  step.candidates.forEach((one, index) => {
    const at = `${place}.candidates[${index}]`;
    if (seen.has(one.id)) {
      throw new FileError(`${at}.token_id is ${one.id}, which the step holds already`);
    }
    seen.add(one.id);
    if (one.parent !== null && one.parent >= parents) {
      const members = `a member of the step before, which has ${parents}`;
      throw read.wrong(`${at}.parent`, one.parent, members);
    }
  });
  const rows = before ? before.candidates.filter((one) => one.state === 'kept').length : 1;
  const columns = membersOf(step).length;
  const isShaped =
    step.transitions.length === rows && step.transitions.every((row) => row.length === columns);
  if (!isShaped) {
    throw new FileError(`${place}.transitions should have ${rows} rows of ${columns} numbers`);
  }
}

/** A path as places among candidates, null where none is told. */
function pathOf(value: unknown, place: string, steps: readonly DocumentStep[]): number[] | null {
  const path = read.each(value ?? [], place, read.whole);
  if (path.length > steps.length) {
    throw new FileError(`${place} has ${path.length} entries, and there are ${steps.length} steps`);
  }
  const found = path.map((member, index) => {
    const candidate = membersOf(steps[index]!)[member];
    if (candidate === undefined) {
      throw read.wrong(`${place}[${index}]`, member, `a member of steps[${index}]`);
    }
    return candidate;
  });
  return found.length ? found : null;
}

/** The best path, where the document does not tell it: that of the last step's best member. */
function bestChain(steps: readonly DocumentStep[]): number[] {
  const chain: number[] = [];
  let next: number | null = steps.length ? primaryOf(steps[steps.length - 1]!) : null;
  for (let place = steps.length - 1; place >= 0 && next !== null; place--) {
    chain.push(next);
    const parent: number | null = steps[place]!.candidates[next]!.parent;
    next = parent === null || place === 0 ? null : (membersOf(steps[place - 1]!)[parent] ?? null);
  }
  return chain.length === steps.length ? chain.reverse() : [];
}

function primaryOf(step: DocumentStep): number {
  let best = 0;
  step.candidates.forEach((one, place) => {
    const least = step.candidates[best]!.score ?? -Infinity;
    if (one.score !== null && one.score > least) best = place;
  });
  return best;
}

// The events -------------------------------------------------------------------------------------

type Told = Record<string, unknown>;

interface Closing {
  settled: number;
  reason: string | null;
  text: string;
}

function put<K, V>(into: Map<K, V[]>, key: K, value: V): void {
  const found = into.get(key);
  if (found) found.push(value);
  else into.set(key, [value]);
}

class History {
  private readonly told: Told[] = [];
  private readonly places = new Map<number, number>();
  private readonly dropped = new Map<number, DatedDecision[]>();
  /** by the place of the step after which they are told */
  private readonly due = new Map<number, DatedDecision[]>();
  private newest = -1;
  private hasFallen = false;

  constructor(
    private readonly steps: readonly DocumentStep[],
    decisions: readonly DatedDecision[],
    private readonly path: readonly number[]
  ) {
    steps.forEach((step, place) => this.places.set(step.step, place));
    const last = steps[steps.length - 1]?.step ?? 0;
    for (const one of decisions) {
      let at = Math.min(Math.max(one.decidedAt, one.step), last);
      while (!this.places.has(at) && at > 0) at--;
      if (one.effect === 'dropped') put(this.dropped, one.step, one);
      else put(this.due, this.places.get(at) ?? 0, one);
    }
  }

  events(opening: Told, { settled, reason, text }: Closing): RunEvent[] {
    this.tell(opening);
    const last = this.steps.length - 1;
    this.steps.forEach((step, place) => {
      this.newest = step.step;
      this.hasFallen = false;
      this.append(place);
      // What was decided after the last step falls with it.
      this.hasFallen = true;
      if (place === last) this.newest = Infinity;
      this.prune(place);
    });
    const spelled = this.steps.slice(0, settled).flatMap((step, place) => {
      const one = step.candidates[this.path[place] ?? -1];
      return one ? [one] : [];
    });
    if (settled) this.tell({ type: 'text.settled', text: spell(spelled).join(''), steps: settled });
    this.tell({
      type: 'run.finished',
      reason: REASONS[reason ?? ''] ?? reason ?? 'not finished',
      steps: this.steps.length,
      wall_ms: null,
      text,
      digest: ''
    });
    return this.told as unknown as RunEvent[];
  }

  private tell(event: Told): void {
    this.told.push({ v: 1, seq: this.told.length, t_ms: 0, ...event });
  }

  private append(place: number): void {
    const step = this.steps[place]!;
    const to = this.path[place];
    this.tell({
      type: 'step.appended',
      ...this.wire(place),
      dropped: this.dropped.get(step.step) ?? [],
      chain_changes: to === undefined ? [] : [{ step: step.step, to }]
    });
  }

  /** Tell what was decided after a step, before the next. */
  private prune(place: number): void {
    const due = this.due.get(place);
    if (!due) return;
    const touched = due.flatMap((one) => {
      const at = this.places.get(one.step);
      return at === undefined ? [] : [at, at + 1];
    });
    const places = [...new Set(touched)].filter((at) => at <= place).sort((a, b) => a - b);
    this.tell({
      type: 'candidates.pruned',
      at_step: Math.max(...due.map((one) => one.decidedAt)),
      reason: [...new Set(due.map((one) => one.rule))].sort().join(', '),
      items: due.map((one) => ({ ...one, index: this.indexOf(one) })),
      steps: places.map((index) => this.wire(index)),
      removed: [],
      lost: 0,
      chain_changes: []
    });
  }

  private indexOf(decision: DatedDecision): number {
    const step = this.steps[this.places.get(decision.step) ?? -1];
    return step ? step.candidates.findIndex((one) => one.id === decision.token_id) : -1;
  }

  /** Whether a candidate that left later is still there. */
  private isWaiting(one: DocumentCandidate): boolean {
    if (one.leaves === null) return false;
    return this.hasFallen ? one.leaves > this.newest : one.leaves >= this.newest;
  }

  /** A step as it is at this moment. */
  private wire(place: number): Told {
    const step = this.steps[place]!;
    const before = this.steps[place - 1];
    const candidates = step.candidates.map((one) => this.candidate(one, before));
    return {
      step: step.step,
      entropy: step.entropy,
      primary: primaryOf(step),
      threshold: step.threshold,
      covered: Math.min(
        1,
        candidates.reduce((sum, one) => sum + one.p, 0)
      ),
      kept_mass: step.kept_mass,
      candidates,
      transitions: this.table(step, before)
    };
  }

  private candidate(one: DocumentCandidate, before: DocumentStep | undefined): WireCandidate {
    const isWaiting = this.isWaiting(one);
    const parent =
      one.parent === null || !before
        ? null
        : this.members(before).indexOf(membersOf(before)[one.parent]!);
    return {
      id: one.id,
      text: one.text,
      bytes: one.bytes,
      p: one.p,
      rank: one.rank,
      score: one.score,
      weight: one.weight,
      phys: null,
      parent,
      state: isWaiting ? 'kept' : one.state,
      reason: isWaiting ? null : one.reason
    };
  }

  private members(step: DocumentStep): number[] {
    return step.candidates.flatMap((one, place) =>
      isMember(one) || this.isWaiting(one) ? [place] : []
    );
  }

  /** The table with rows and columns for those that had not left yet, of which nothing is known. */
  private table(step: DocumentStep, before: DocumentStep | undefined): (number | null)[][] {
    const known = membersOf(step);
    const columns = this.members(step).map((place) => known.indexOf(place));
    const spread = (row: readonly (number | null)[] | undefined) =>
      columns.map((column) => (column < 0 ? null : (row?.[column] ?? null)));
    if (!before) return step.transitions.map(spread);
    const live = (place: number) => before.candidates[place]!.state !== 'finished';
    const knownRows = membersOf(before).filter(live);
    const rows = this.members(before).filter(live);
    return rows.map((place) => spread(step.transitions[knownRows.indexOf(place)]));
  }
}

function opening(data: Fields): Told {
  const settings = read.maybe(data.settings, 'settings', read.object) ?? {};
  const ids = read.each(data.prompt_ids, 'prompt_ids', read.whole, 10 * MOST_STEPS);
  return {
    type: 'run.started',
    run_id: nameOf(data),
    parent: null,
    continued_from: null,
    reused_rows: 0,
    model: read.maybe(data.model, 'model', modelOf),
    settings: settings as Settings,
    seed: typeof settings.seed === 'number' ? settings.seed : null,
    prompt: {
      text: read.maybe(data.prompt, 'prompt', read.text),
      // The document holds their numbers alone.
      tokens: ids.map((id) => ({ id, text: `⟨${id}⟩`, bytes: null }))
    },
    limits: { max_steps: typeof settings.max_steps === 'number' ? settings.max_steps : 0 }
  };
}

function modelOf(value: unknown, place: string): ModelFacts {
  const fields = read.object(value, place);
  return {
    id: read.text(fields.name, `${place}.name`),
    family: read.text(fields.family, `${place}.family`),
    revision: read.text(fields.fingerprint, `${place}.fingerprint`),
    dtype: read.text(fields.dtype, `${place}.dtype`),
    device: read.text(fields.device, `${place}.device`)
  };
}

function resultOf(data: Fields, steps: readonly DocumentStep[]): RunResult {
  const text = read.text(data.text, 'text');
  const nBest = read.each(data.best_paths ?? [], 'best_paths', (value, place): NBestText => {
    const fields = read.object(value, place);
    const path = pathOf(fields.members, `${place}.members`, steps) ?? [];
    const tokens = path.map((index, step) => steps[step]!.candidates[index]!);
    const score = read.number(fields.score, `${place}.score`);
    return {
      text: spell(tokens).join(''),
      token_ids: tokens.map((one) => one.id),
      log_probability: score,
      mean_log_probability: score / Math.max(1, tokens.length),
      text_log_probability: score,
      share: null,
      finished: fields.finished === true
    };
  });
  return { clean_text: text, generated_text: text, n_best: nBest, timing: {}, lattice: data };
}

/** A name by what the document says; the same document has the same one. */
function nameOf(data: Fields): string {
  let hash = 0x811c9dc5;
  for (const character of `${JSON.stringify(data.prompt_ids)}${String(data.text)}`) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  return `lattice-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}
