// Made of docs/events.schema.json by `npm run types`; do not edit.

export type Event =
  | RunStarted
  | StepAppended
  | CandidatesJudged
  | CandidatesPruned
  | TextSettled
  | RunStats
  | RunFinished
  | RunError;
/**
 * What a fork went on from.
 */
export type Origin = 'state' | 'prefill';
/**
 * What became of a candidate.
 */
export type CandidateState = 'kept' | 'finished' | 'below_threshold' | 'over_cap' | 'pruned';
/**
 * What a decision did.
 *
 * DROPPED: the candidate never joined its step. PRUNED: it left the lattice and the cache.
 * DESCENDANT: it left with the candidate that its best path goes through. WEAKENED: later tokens
 * see it at part of its weight. UNATTENDED: it stays in the lattice, and no later token sees it.
 * POSITION_REMOVED: its whole step left; its position stays as a gap.
 */
export type Effect =
  'dropped' | 'pruned' | 'descendant' | 'weakened' | 'unattended' | 'position_removed';

/**
 * The first event of a run that began.
 */
export interface RunStarted {
  continued_from: Origin | null;
  limits: StepLimit;
  model: ToldModel;
  parent: PlaceInRun | null;
  prompt: ToldPrompt;
  request_id: string;
  reused_rows: number;
  run_id: string;
  seed: number | null;
  seq: number;
  settings: {
    [k: string]: unknown;
  };
  t_ms: number | null;
  type: 'run.started';
  v: 1;
}
/**
 * How many steps the run takes at most.
 */
export interface StepLimit {
  max_steps: number;
}
/**
 * The model that decodes.
 */
export interface ToldModel {
  device: string;
  dtype: string;
  family: string;
  id: string;
  revision: string;
  tokenizer: string;
}
/**
 * A token of another run, from which this one goes on.
 */
export interface PlaceInRun {
  run_id: string;
  step: number;
  token_id: number;
}
/**
 * The prompt, whose text is null where it was given as tokens.
 */
export interface ToldPrompt {
  text: string | null;
  tokens: PromptToken[];
}
/**
 * A token of the prompt; `bytes` is base64 where its text is no UTF-8 by itself.
 */
export interface PromptToken {
  bytes: string | null;
  id: number;
  text: string;
}
/**
 * A step was decoded; `pos` is its position, the prompt's tokens counted.
 */
export interface StepAppended {
  cache_rows: number;
  /**
   * @minItems 1
   */
  candidates: ToldCandidate[];
  chain_changes: PathChange[];
  covered: number;
  dropped: Decision[];
  entropy: number;
  kept_mass: number;
  pos: number;
  primary: number;
  released: number;
  seq: number;
  step: number;
  t_ms: number | null;
  threshold: number;
  /**
   * @minItems 1
   */
  transitions: (number | null)[][];
  type: 'step.appended';
  v: 1;
}
/**
 * A token that was considered at a step.
 *
 * `parent` counts among the members of the step before, which are its kept and finished
 * candidates by rank. `weight` is the forward weight among the step's live candidates, null for
 * what is no member. `score` is the natural logarithm of the best path's probability.
 */
export interface ToldCandidate {
  bytes: string | null;
  id: number;
  p: number;
  parent: number | null;
  phys: number | null;
  rank: number;
  reason: string | null;
  score: number | null;
  state: CandidateState;
  text: string;
  weight: number | null;
}
/**
 * Where the best path stands now: a place among the step's candidates, null for none.
 */
export interface PathChange {
  step: number;
  to: number | null;
}
/**
 * What was done to one candidate, and why; `mass` is its share of the live paths then.
 */
export interface Decision {
  effect: Effect;
  mass: number;
  rule: string;
  score: number;
  step: number;
  threshold: number;
  token_id: number;
}
/**
 * What retroactive pruning held against its rule after a step, whatever came of it.
 */
export interface CandidatesJudged {
  at_step: number;
  /**
   * @minItems 1
   * @maxItems 256
   */
  scores: Judged[];
  seq: number;
  t_ms: number | null;
  type: 'candidates.judged';
  v: 1;
}
/**
 * What a rule says of one candidate: its score, and what that was held against.
 *
 * `weight` is what of the candidate passes: 0 prunes it, unless it leads, and 1 leaves it alone.
 */
export interface Judged {
  rule: string;
  score: number;
  step: number;
  threshold: number;
  token_id: number;
  weight: number;
}
/**
 * Earlier steps were judged: `steps` are those from the first that changed on, as they are now.
 *
 * Steps that were told with a higher number and are not among them have left.
 */
export interface CandidatesPruned {
  at_step: number | null;
  cache_rows: number;
  chain_changes: PathChange[];
  items: PlacedDecision[];
  lost: number;
  primary_changes: PathChange[];
  reason: string;
  removed: number[];
  seq: number;
  steps: ToldStep[];
  t_ms: number | null;
  type: 'candidates.pruned';
  v: 1;
}
/**
 * The same, with the candidate's place among those of its step as it was told before.
 */
export interface PlacedDecision {
  effect: Effect;
  index: number;
  mass: number;
  rule: string;
  score: number;
  step: number;
  threshold: number;
  token_id: number;
}
/**
 * A step as it stands.
 *
 * `primary` is the place, among the candidates, of the member with the best path. Row i of
 * `transitions` belongs to the ith kept candidate of the step before, or to the prompt, and column
 * j to the jth member: natural logarithms of probabilities, null for none.
 */
export interface ToldStep {
  /**
   * @minItems 1
   */
  candidates: ToldCandidate[];
  covered: number;
  entropy: number;
  kept_mass: number;
  primary: number;
  step: number;
  threshold: number;
  /**
   * @minItems 1
   */
  transitions: (number | null)[][];
}
/**
 * More of the text can no longer change.
 */
export interface TextSettled {
  seq: number;
  steps: number;
  t_ms: number | null;
  text: string;
  type: 'text.settled';
  v: 1;
}
/**
 * Figures, at most twice a second.
 */
export interface RunStats {
  kv_tokens: number;
  rss_mb: number;
  seq: number;
  steps: number;
  t_ms: number | null;
  tok_s: number;
  type: 'run.stats';
  v: 1;
}
/**
 * The last event of a run that has an answer.
 */
export interface RunFinished {
  digest: string;
  reason:
    | 'eos'
    | 'stop'
    | 'max_steps'
    | 'context'
    | 'max_cache_tokens'
    | 'max_memory_gb'
    | 'cancelled'
    | 'error';
  seq: number;
  steps: number;
  t_ms: number | null;
  text: string;
  type: 'run.finished';
  v: 1;
  wall_ms: number;
}
/**
 * The last event of a run that failed.
 *
 * `request_id` is null where the service's own end cut the run off before it had told one.
 */
export interface RunError {
  code: string;
  message: string;
  request_id: string | null;
  retryable: boolean;
  seq: number;
  step: number;
  t_ms: number | null;
  type: 'run.error';
  v: 1;
}
