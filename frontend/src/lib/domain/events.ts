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
type Test = (value: unknown) => boolean;

/** Steps beyond this are no run's: a page that made room for them would stop. */
const MOST_STEPS = 1_000_000;

const isObject: Test = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Test = (value) => typeof value === 'string';
const isNumber: Test = (value) => typeof value === 'number' && !Number.isNaN(value);
const isStep: Test = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < MOST_STEPS;
const isBase64: Test = (value) =>
  isText(value) && /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(value as string);

const optional =
  (test: Test): Test =>
  (value) =>
    value === undefined || value === null || test(value);
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
const fields = (tests: Record<string, Test>): Test => {
  const entries = Object.entries(tests);
  return (value) =>
    isObject(value) && entries.every(([name, test]) => test((value as Fields)[name]));
};

const TOKEN = { id: Number.isInteger, text: isText, bytes: optional(isBase64) };

const isCandidate = fields({
  ...TOKEN,
  p: isNumber,
  rank: optional(isNumber),
  parent: optional(isStep),
  score: optional(isNumber),
  weight: optional(isNumber),
  state: isText,
  reason: optional(isText)
});

const STEP = {
  step: isStep,
  entropy: isNumber,
  threshold: optional(isNumber),
  covered: optional(isNumber),
  kept_mass: optional(isNumber),
  candidates: listOf(isCandidate),
  transitions: optional(listOf(listOf(optional(isNumber))))
};

const DECISION = {
  step: isStep,
  token_id: Number.isInteger,
  rule: optional(isText),
  score: optional(isNumber),
  threshold: optional(isNumber),
  mass: optional(isNumber)
};

const areChanges = optional(listOf(fields({ step: isStep, to: optional(isStep) })));

/** What each type's fields must be; what is not named here may be anything. */
const EXPECTED: Record<string, Record<string, Test>> = {
  'run.started': {
    run_id: isText,
    settings: isObject,
    parent: optional(fields({ run_id: isText, step: isStep, token_id: Number.isInteger })),
    model: optional(fields({ id: isText })),
    prompt: fields({ text: optional(isText), tokens: listOf(fields(TOKEN)) }),
    limits: fields({ max_steps: isNumber })
  },
  'step.appended': {
    ...STEP,
    cache_rows: optional(isNumber),
    dropped: optional(listOf(fields(DECISION))),
    chain_changes: areChanges
  },
  'candidates.pruned': {
    at_step: optional(isStep),
    items: listOf(fields({ ...DECISION, index: Number.isInteger })),
    steps: listOf(fields(STEP)),
    removed: listOf(isStep),
    cache_rows: optional(isNumber),
    chain_changes: areChanges
  },
  'text.settled': { text: isText, steps: isNumber },
  'run.stats': {
    steps: isNumber,
    tok_s: optional(isNumber),
    kv_tokens: optional(isNumber),
    rss_mb: optional(isNumber)
  },
  'run.finished': { reason: isText, text: isText, wall_ms: optional(isNumber) },
  'run.error': { code: optional(isText), message: isText, request_id: optional(isText) }
};

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  if (value === undefined) return 'missing';
  return value === null ? 'null' : `of the kind ${typeof value}`;
};

/**
 * Read one event from decoded JSON.
 *
 * Unknown types become `unknown`, so that numbers stay without gaps; unknown fields are kept.
 *
 * @throws {EventFormatError} for what has no number, or misses what its type needs.
 */
export function readEvent(data: unknown): RunEvent {
  if (!isObject(data)) throw new EventFormatError(`an event is ${kindOf(data)}`);
  const event = data as Fields;
  if (!Number.isSafeInteger(event.seq) || (event.seq as number) < 0) {
    throw new EventFormatError(`an event's number is ${kindOf(event.seq)}, not 0, 1, 2, ...`);
  }
  const type = typeof event.type === 'string' ? event.type : '';
  const expected = {
    t_ms: optional(isNumber),
    ...(Object.hasOwn(EXPECTED, type) && EXPECTED[type])
  };
  for (const [name, test] of Object.entries(expected)) {
    if (test(event[name])) continue;
    const found = kindOf(event[name]);
    throw new EventFormatError(
      `event ${String(event.seq)} (${type || 'of no type'}): "${name}" is ${found}, or something in it is not what it should be`
    );
  }
  if (!Object.hasOwn(EXPECTED, type))
    return { ...event, type: 'unknown', named: type } as UnknownEvent;
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
