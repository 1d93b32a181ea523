/** What a run tells, as the server sends it; docs/events.schema.json has the contract. */

import type * as wire from '$lib/api/generated/events';

export type {
  CandidateState,
  CandidatesJudged,
  CandidatesPruned,
  PathChange as ChainChange,
  PlaceInRun as ForkPoint,
  PromptToken,
  RunError,
  RunFinished,
  RunStats,
  StepAppended,
  TextSettled,
  ToldCandidate as WireCandidate,
  ToldStep as WireStep
} from '$lib/api/generated/events';

/** What was done to one candidate; a lattice's document may leave figures away. */
export interface Decision {
  step: number;
  token_id: number;
  rule: string;
  effect: string;
  score: number | null;
  threshold: number | null;
  mass: number | null;
}

/** A file's model may be known by its name alone. */
export type ModelFacts = Pick<wire.ToldModel, 'id'> & Partial<wire.ToldModel>;
export type SettingValue = number | string | boolean | string[] | null;
export type Settings = Record<string, SettingValue>;
export type RunStarted = Omit<wire.RunStarted, 'settings' | 'model' | 'request_id'> & {
  settings: Settings;
  model: ModelFacts;
};

/** A kind of event that this page does not know: it keeps its number, and changes nothing. */
export type UnknownEvent = Pick<wire.RunStarted, 'v' | 'seq' | 't_ms'> & {
  type: 'unknown';
  named: string;
};

export type RunEvent = RunStarted | Exclude<wire.Event, wire.RunStarted> | UnknownEvent;

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
  'candidates.judged': {
    scores: listOf(fields({ ...DECISION, rule: isText, score: isNumber, threshold: isNumber }))
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
