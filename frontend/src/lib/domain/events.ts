/** What a run tells, as the server sends it; docs/events.schema.json has the contract. */

export type CandidateState = 'kept' | 'finished' | 'below_threshold' | 'over_cap' | 'pruned';

/** A token considered at a step. */
export interface WireCandidate {
  id: number;
  text: string;
  /** base64, where the token is no UTF-8 by itself */
  bytes: string | null;
  /** probability under the readout, in [0, 1] */
  p: number;
  rank: number;
  /** its slot in the cache while it is there */
  phys: number | null;
  /** which member of the step before leads to it, counted among members by rank */
  parent: number | null;
  /** log-probability of the best path that ends here, in nats */
  score: number | null;
  /** forward weight among the step's live candidates, in [0, 1] */
  weight: number | null;
  state: CandidateState;
  reason: string | null;
}

export interface WireStep {
  step: number;
  /** in nats, over the whole vocabulary */
  entropy: number;
  /** which candidate leads the best path that ends at this step */
  primary: number;
  threshold: number;
  /** probability of all candidates together */
  covered: number;
  /** probability of the kept ones together */
  kept_mass: number;
  candidates: WireCandidate[];
  /** [k][m] log-probability of each member after each live member before; null for never */
  transitions: (number | null)[][];
}

export interface Decision {
  step: number;
  token_id: number;
  rule: string;
  effect: string;
  score: number | null;
  threshold: number | null;
  mass: number | null;
}

export interface ChainChange {
  step: number;
  to: number | null;
}

export interface ForkPoint {
  run_id: string;
  step: number;
  token_id: number;
}

export interface ModelFacts {
  id: string;
  family?: string;
  revision?: string;
  dtype?: string;
  device?: string;
}

export interface PromptToken {
  id: number;
  text: string;
  bytes: string | null;
}

export type SettingValue = number | string | boolean | string[] | null;
export type Settings = Record<string, SettingValue>;

interface Common {
  v: number;
  seq: number;
  /** milliseconds since the run was asked for */
  t_ms: number;
}

export type RunStarted = Common & {
  type: 'run.started';
  run_id: string;
  parent: ForkPoint | null;
  continued_from: 'state' | 'prefill' | null;
  reused_rows: number;
  model: ModelFacts;
  settings: Settings;
  seed: number | null;
  prompt: { text: string | null; tokens: PromptToken[] };
  limits: { max_steps: number };
};

export type StepAppended = Common &
  WireStep & {
    type: 'step.appended';
    pos: number;
    cache_rows: number;
    released: number;
    dropped: Decision[];
    chain_changes: ChainChange[];
  };

export type CandidatesPruned = Common & {
  type: 'candidates.pruned';
  at_step: number | null;
  reason: string;
  items: (Decision & { index: number })[];
  steps: WireStep[];
  removed: number[];
  lost: number;
  cache_rows: number;
  chain_changes: ChainChange[];
};

export type TextSettled = Common & { type: 'text.settled'; text: string; steps: number };

export type RunStats = Common & {
  type: 'run.stats';
  steps: number;
  tok_s: number;
  kv_tokens: number;
  rss_mb: number;
};

export type RunFinished = Common & {
  type: 'run.finished';
  reason: string;
  steps: number;
  wall_ms: number;
  text: string;
  digest: string;
};

export type RunError = Common & {
  type: 'run.error';
  code: string;
  message: string;
  step: number;
  retryable: boolean;
  request_id: string;
};

/** A kind of event that this page does not know: it keeps its number, and changes nothing. */
export type UnknownEvent = Common & { type: 'unknown'; named: string };

export type RunEvent =
  | RunStarted
  | StepAppended
  | CandidatesPruned
  | TextSettled
  | RunStats
  | RunFinished
  | RunError
  | UnknownEvent;

/** Something that should have been an event and is not. */
export class EventFormatError extends Error {}

type Fields = Record<string, unknown>;

const REQUIRED: Record<string, Record<string, 'number' | 'string' | 'array' | 'object'>> = {
  'run.started': { run_id: 'string', settings: 'object', prompt: 'object', limits: 'object' },
  'step.appended': { step: 'number', entropy: 'number', candidates: 'array' },
  'candidates.pruned': { items: 'array', steps: 'array', removed: 'array' },
  'text.settled': { text: 'string', steps: 'number' },
  'run.stats': { steps: 'number' },
  'run.finished': { reason: 'string', text: 'string' },
  'run.error': { message: 'string' }
};

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;

function requireFields(event: Fields, type: string): void {
  for (const [name, wanted] of Object.entries(REQUIRED[type] ?? {})) {
    const found = kindOf(event[name]);
    if (found !== wanted) {
      throw new EventFormatError(
        `${type} number ${String(event.seq)}: "${name}" is ${found}, and should be ${wanted}`
      );
    }
  }
}

function requireCandidates(steps: unknown[], type: string): void {
  for (const step of steps as Fields[]) {
    const list = step.candidates;
    const sound =
      Array.isArray(list) &&
      list.every((one: unknown) => {
        const candidate = one as Fields | null;
        return (
          candidate !== null &&
          typeof candidate === 'object' &&
          Number.isInteger(candidate.id) &&
          typeof candidate.text === 'string' &&
          typeof candidate.p === 'number' &&
          typeof candidate.state === 'string'
        );
      });
    if (!sound || !Number.isInteger(step.step) || (step.step as number) < 0) {
      throw new EventFormatError(`${type}: a step without a number or sound candidates`);
    }
  }
}

/**
 * Read one event from decoded JSON.
 *
 * Unknown types become `unknown`, so that numbers stay without gaps; unknown fields are kept.
 *
 * @throws {EventFormatError} for what has no number, or misses what its type needs.
 */
export function readEvent(data: unknown): RunEvent {
  if (kindOf(data) !== 'object') throw new EventFormatError(`an event is ${kindOf(data)}`);
  const event = data as Fields;
  if (!Number.isInteger(event.seq) || (event.seq as number) < 0) {
    throw new EventFormatError(`an event's number is ${String(event.seq)}, not 0, 1, 2, ...`);
  }
  const type = typeof event.type === 'string' ? event.type : '';
  if (!Object.hasOwn(REQUIRED, type))
    return { ...event, type: 'unknown', named: type } as UnknownEvent;
  requireFields(event, type);
  if (type === 'step.appended') requireCandidates([event], type);
  if (type === 'candidates.pruned') requireCandidates(event.steps as unknown[], type);
  return event as unknown as RunEvent;
}

/** Read one event from the text of a stream's message. */
export function parseEvent(text: string): RunEvent {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new EventFormatError(`an event is no JSON: ${text.slice(0, 60)}`);
  }
  return readEvent(data);
}
