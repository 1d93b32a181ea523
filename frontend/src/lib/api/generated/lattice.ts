// Made of docs/lattice.schema.json by `npm run types`; do not edit.

/**
 * A run of TEMPO: its lattice, its best path, and what it was asked.
 */
export interface LatticeDocument {
  format: 'tempo-lattice';
  version: number;
  model: ModelPart | null;
  /**
   * Every setting by name, as users give them.
   */
  settings: {
    [k: string]: unknown;
  } | null;
  /**
   * Strings that finish a path; no part of its text.
   *
   * @maxItems 1000
   */
  stop: string[];
  /**
   * Whether a person chose among the candidates.
   */
  steered: boolean;
  /**
   * How many leading steps were given, one member each, and not decoded.
   */
  committed: number;
  /**
   * How many leading steps' text was told while the run went on; the best path starts with it.
   */
  settled: number;
  prompt: string | null;
  /**
   * @minItems 1
   */
  prompt_ids: number[];
  /**
   * Of the best path, without the prompt.
   */
  text: string;
  /**
   * A member index a step; empty where it is not known.
   *
   * @maxItems 100000
   */
  best_path: number[];
  /**
   * Whether the best path is finished.
   */
  finished: boolean;
  /**
   * Why the run ended.
   */
  finish_reason:
    | (
        | 'end_of_text'
        | 'stop_string'
        | 'max_steps'
        | 'context'
        | 'max_cache_tokens'
        | 'max_memory_gb'
        | 'cancelled'
        | 'error'
      )
    | null;
  /**
   * Share of the finished hypotheses.
   */
  finished_mass: number;
  /**
   * The best paths by their plain scores, best first.
   *
   * @maxItems 256
   */
  best_paths: PathPart[];
  /**
   * @maxItems 100000
   */
  steps: StepPart[];
  /**
   * What was pruned, in the order it fell.
   *
   * @maxItems 1000000
   */
  decisions: DecisionPart[];
}
/**
 * The model that made the lattice.
 *
 * This interface was referenced by `LatticeDocument`'s JSON-Schema
 * via the `definition` "ModelPart".
 */
export interface ModelPart {
  name: string;
  family: string;
  /**
   * Of architecture and weights.
   */
  fingerprint: string;
  /**
   * Of the vocabulary.
   */
  tokenizer_fingerprint: string;
  dtype: string;
  device: string;
}
/**
 * A path through the lattice and its score under the plain transitions.
 *
 * This interface was referenced by `LatticeDocument`'s JSON-Schema
 * via the `definition` "PathPart".
 */
export interface PathPart {
  /**
   * @minItems 1
   * @maxItems 100000
   */
  members: number[];
  score: number;
  finished: boolean;
}
/**
 * One step: its candidates by rank, and how the live members before it lead to its members.
 *
 * This interface was referenced by `LatticeDocument`'s JSON-Schema
 * via the `definition` "StepPart".
 */
export interface StepPart {
  /**
   * 0, 1, 2, ...; a number is left out where the whole step was removed.
   */
  step: number;
  /**
   * Of the readout, in nats.
   */
  entropy: number;
  /**
   * What candidates had to reach.
   */
  threshold: number;
  /**
   * Probability that an ordinary sample stays in the lattice.
   */
  kept_mass: number;
  /**
   * Share of the finished hypotheses after this step.
   */
  finished_mass: number;
  /**
   * Tokens that the width cap cut.
   */
  cut: number;
  /**
   * Their probability.
   */
  cut_mass: number;
  /**
   * Candidates that rounding may have decided.
   */
  near_ties: number;
  /**
   * @minItems 1
   * @maxItems 100000
   */
  candidates: CandidatePart[];
  /**
   * A row for each live member before (one at step 0), a column for each member: log-probabilities in nats, after the processors; null is minus infinity.
   *
   * @maxItems 256
   */
  transitions: (number | null)[][];
  /**
   * The same under the plain model, at temperature 1.
   *
   * @maxItems 256
   */
  plain_transitions: (number | null)[][];
}
/**
 * A token considered at a step. Members have `weight`, `score`, `parent` and `posterior`.
 *
 * This interface was referenced by `LatticeDocument`'s JSON-Schema
 * via the `definition` "CandidatePart".
 */
export interface CandidatePart {
  token_id: number;
  /**
   * What the token spells; bytes that are no UTF-8 show as U+FFFD.
   */
  text: string;
  /**
   * The token's bytes in base64, where `text` alone does not give them.
   */
  bytes?: string | null;
  /**
   * When it was proposed, after the logits processors.
   */
  probability: number;
  /**
   * 0 for the most probable candidate of the step.
   */
  rank: number;
  state: 'kept' | 'finished' | 'below_threshold' | 'over_cap' | 'pruned';
  /**
   * Forward weight among the step's live candidates.
   */
  weight?: number | null;
  /**
   * Best log-probability of a path that ends here, after the processors, in nats; null is minus infinity.
   */
  score?: number | null;
  /**
   * Index of the best parent among the earlier step's members.
   */
  parent?: number | null;
  /**
   * Share of the lattice's paths through this step that pass here.
   */
  posterior?: number | null;
  /**
   * How much of a member's weight later tokens see; 1 where it is not there.
   */
  attention?: number | null;
  /**
   * What was done to it at which step, and why.
   */
  reason?: string | null;
}
/**
 * What was done to one candidate, and why.
 *
 * This interface was referenced by `LatticeDocument`'s JSON-Schema
 * via the `definition` "DecisionPart".
 */
export interface DecisionPart {
  /**
   * The number of its step.
   */
  step: number;
  token_id: number;
  rule: string;
  /**
   * What the rule measured.
   */
  score: number;
  /**
   * What the score was held against.
   */
  threshold: number;
  /**
   * The newest step at that moment.
   */
  decided_at: number;
  effect: 'dropped' | 'pruned' | 'descendant' | 'weakened' | 'unattended' | 'position_removed';
  /**
   * Its share of the live paths at that moment.
   */
  mass: number;
  /**
   * How much of its weight later tokens still see.
   */
  weight: number;
}
