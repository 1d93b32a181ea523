/** Events of a run, and the run at any moment of them: the one reducer of the whole page. */

import type {
  CandidatesPruned,
  ChainChange,
  RunEvent,
  StepAppended,
  WireCandidate,
  WireStep
} from './events';
import { members, type Candidate, type RunView, type Step, type Verdict } from './view';

const SNAPSHOT_EVERY = 512;

const EMPTY: RunView = {
  runId: '',
  parent: null,
  continuedFrom: null,
  reusedRows: 0,
  model: null,
  settings: {},
  seed: null,
  prompt: { text: null, tokens: [] },
  maxSteps: 0,
  seen: 0,
  at: 0,
  steps: [],
  chain: [],
  verdicts: [],
  settledSteps: 0,
  tokensPerSecond: null,
  cacheRows: null,
  residentMb: null,
  ending: null
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What one event made: steps as they are after it, and its verdicts. */
interface Made {
  steps: readonly Step[];
  verdicts: readonly Verdict[];
}

/** What a decision of an older service, or of a file, may leave out. */
const UNSAID = { rule: '', effect: '', score: null, threshold: null, mass: null };

const NOTHING: Made = { steps: [], verdicts: [] };

/** The growing state; steps are replaced, never changed. */
class Builder {
  private readonly facts: Mutable<RunView>;
  private readonly steps: (Step | undefined)[];
  private readonly chain: number[];
  private readonly verdicts: Verdict[];

  constructor(from: RunView = EMPTY) {
    this.facts = { ...from };
    this.steps = [...from.steps];
    this.chain = [...from.chain];
    this.verdicts = [...from.verdicts];
  }

  get seen(): number {
    return this.facts.seen;
  }

  /** The moment, for good: steps that did not change are the same objects as in other views. */
  view(): RunView {
    return {
      ...this.facts,
      steps: [...this.steps],
      chain: [...this.chain],
      verdicts: [...this.verdicts]
    };
  }

  /**
   * Take one event. What it makes is the same each time, so `made` from the first time saves the
   * work, and gives the same objects again.
   */
  apply(event: RunEvent, made?: Made): Made {
    const facts = this.facts;
    let done = NOTHING;
    facts.seen = event.seq + 1;
    facts.at = event.t_ms ?? facts.at;
    switch (event.type) {
      case 'run.started':
        facts.runId = event.run_id;
        facts.parent = event.parent ?? null;
        facts.continuedFrom = event.continued_from ?? null;
        facts.reusedRows = event.reused_rows ?? 0;
        facts.model = event.model ?? null;
        facts.settings = event.settings;
        facts.seed = event.seed ?? null;
        facts.prompt = event.prompt;
        facts.maxSteps = event.limits.max_steps;
        break;
      case 'step.appended':
        done = made ? this.redo(made) : this.appended(event);
        if (event.cache_rows !== undefined) facts.cacheRows = event.cache_rows;
        this.follow(event.chain_changes);
        break;
      case 'candidates.pruned':
        this.remove(event.removed);
        done = made ? this.redo(made) : this.pruned(event);
        if (event.cache_rows !== undefined) facts.cacheRows = event.cache_rows;
        this.follow(event.chain_changes);
        break;
      case 'text.settled':
        facts.settledSteps = event.steps;
        break;
      case 'run.stats':
        facts.tokensPerSecond = event.tok_s ?? null;
        facts.cacheRows = event.kv_tokens ?? null;
        facts.residentMb = event.rss_mb ?? null;
        break;
      case 'run.finished':
        facts.ending = { reason: event.reason, error: null, wallMs: event.wall_ms ?? null };
        break;
      case 'run.error':
        facts.ending = {
          reason: event.code ?? 'error',
          error: {
            code: event.code ?? 'error',
            message: event.message,
            retryable: event.retryable ?? false,
            requestId: event.request_id ?? ''
          },
          wallMs: null
        };
        break;
      case 'candidates.judged':
      case 'unknown':
        break;
    }
    return done;
  }

  private appended(event: StepAppended): Made {
    this.put(event, event.seq, this.facts.at, event.cache_rows ?? null);
    const verdicts = (event.dropped ?? []).map((one) => {
      const index = event.candidates.findIndex((candidate) => candidate.id === one.token_id);
      return this.judge({ ...UNSAID, ...one, seq: event.seq, at: event.step, index });
    });
    return this.made([event.step], verdicts);
  }

  private pruned(event: CandidatesPruned): Made {
    for (const step of event.steps) {
      const old = this.steps[step.step];
      this.put(step, old?.seq ?? event.seq, old?.at ?? this.facts.at, old?.rows ?? null);
    }
    const verdicts = event.items.map((one) =>
      this.judge({ ...UNSAID, ...one, seq: event.seq, at: event.at_step ?? null, index: one.index })
    );
    const numbers = [...event.steps, ...event.items].map((one) => one.step);
    return this.made(numbers, verdicts);
  }

  private made(numbers: readonly number[], verdicts: readonly Verdict[]): Made {
    const steps = [...new Set(numbers)].map((number) => this.steps[number]);
    return { steps: steps.filter((step) => step !== undefined), verdicts };
  }

  private redo(made: Made): Made {
    for (const step of made.steps) this.place(step);
    this.verdicts.push(...made.verdicts);
    return made;
  }

  private remove(numbers: readonly number[]): void {
    for (const number of numbers) {
      if (number >= this.steps.length) continue;
      this.steps[number] = undefined;
      this.chain[number] = -1;
    }
  }

  private put(wire: WireStep, seq: number, at: number, rows: number | null): void {
    const old = this.steps[wire.step];
    const before = this.before(wire.step);
    const candidates = wire.candidates.map((one, index) => read(one, index, old, before));
    this.place({
      step: wire.step,
      entropy: wire.entropy,
      threshold: wire.threshold ?? 0,
      covered: wire.covered ?? 0,
      keptMass: wire.kept_mass ?? 0,
      candidates,
      transitions: wire.transitions ?? [],
      seq,
      at,
      rows,
      pruned: candidates.reduce((sum, one) => sum + (one.state === 'pruned' ? 1 : 0), 0)
    });
  }

  private place(step: Step): void {
    while (this.steps.length < step.step) this.steps.push(undefined);
    while (this.chain.length <= step.step) this.chain.push(-1);
    this.steps[step.step] = step;
  }

  /** The step before, and which of its candidates are members. */
  private before(step: number): Before | null {
    for (let number = step - 1; number >= 0; number--) {
      const found = this.steps[number];
      if (found) return { step: found, members: members(found) };
    }
    return null;
  }

  private judge(verdict: Verdict): Verdict {
    this.verdicts.push(verdict);
    const step = this.steps[verdict.step];
    if (!step) return verdict;
    const candidates = step.candidates.map((one) =>
      one.id === verdict.token_id ? { ...one, verdict } : one
    );
    this.steps[verdict.step] = { ...step, candidates };
    return verdict;
  }

  private follow(changes: readonly ChainChange[] | undefined): void {
    for (const { step, to } of changes ?? []) {
      while (this.chain.length <= step) this.chain.push(-1);
      this.chain[step] = to ?? -1;
    }
  }
}

interface Before {
  step: Step;
  members: readonly number[];
}

function read(
  one: WireCandidate,
  index: number,
  old: Step | undefined,
  before: Before | null
): Candidate {
  const known = old?.candidates.find((candidate) => candidate.id === one.id);
  const parent = before?.step.candidates[before.members[one.parent ?? -1] ?? -1];
  return {
    id: one.id,
    text: one.text,
    bytes: one.bytes ?? null,
    p: one.p,
    rank: one.rank ?? index,
    parent: one.parent ?? null,
    origin: parent?.id ?? known?.origin ?? null,
    score: one.score ?? null,
    weight: one.weight ?? null,
    state: one.state,
    reason: one.reason ?? null,
    verdict: known?.verdict ?? null
  };
}

/**
 * An append-only log. Events may come twice or in any portions; what was seen is dropped, and what
 * comes too early waits for what is missing.
 */
export class RunLog {
  private readonly told: RunEvent[] = [];
  private readonly early = new Map<number, RunEvent>();
  /** by event, what it made */
  private readonly made: Made[] = [];
  private readonly snapshots: RunView[] = [];
  private readonly builder = new Builder();
  private held: RunView | null = null;

  /** All events so far, without gaps. */
  get events(): readonly RunEvent[] {
    return this.told;
  }

  /** Number of the newest event, -1 before the first. */
  get newest(): number {
    return this.told.length - 1;
  }

  /** Take one event; returns whether the run changed. */
  append(event: RunEvent): boolean {
    if (event.seq > this.newest + 1) this.early.set(event.seq, event);
    if (event.seq !== this.newest + 1) return false;
    let next: RunEvent | undefined = event;
    while (next) {
      this.told.push(next);
      this.made.push(this.builder.apply(next));
      if (this.told.length % SNAPSHOT_EVERY === 0) this.snapshots.push(this.builder.view());
      const following: number = this.told.length;
      next = this.early.get(following);
      this.early.delete(following);
    }
    return true;
  }

  /** The run as it is now. */
  now(): RunView {
    return this.builder.view();
  }

  /**
   * The run after the first `seen` events, for good: the moment asked for last is the same object
   * again, and a step that is the same at two moments is one object in both.
   */
  at(seen: number): RunView {
    const wanted = Math.max(0, Math.min(seen, this.told.length));
    if (this.held?.seen === wanted) return this.held;
    const snapshot = this.snapshots[Math.floor(wanted / SNAPSHOT_EVERY) - 1];
    const builder = new Builder(snapshot);
    for (let number = snapshot?.seen ?? 0; number < wanted; number++) {
      builder.apply(this.told[number]!, this.made[number]);
    }
    this.held = { ...builder.view(), seen: wanted };
    return this.held;
  }
}
