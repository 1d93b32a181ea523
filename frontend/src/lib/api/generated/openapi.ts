// Made of docs/openapi.json by `npm run types`; do not edit.

/**
 * What a fork went on from.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "Origin".
 */
export type Origin = 'state' | 'prefill';
/**
 * Where a run stands.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "RunState".
 */
export type RunState = 'queued' | 'running' | 'finished' | 'cancelled' | 'failed' | 'interrupted';

export interface Schemas {
  AttendedAnswer: AttendedAnswer;
  AttentionAnswer: AttentionAnswer;
  CandidateAnswer: CandidateAnswer;
  ChatRequest: ChatRequest;
  CheckAnswer: CheckAnswer;
  CheckRequest: CheckRequest;
  ComplaintAnswer: ComplaintAnswer;
  CompletionRequest: CompletionRequest;
  CurveAnswer: CurveAnswer;
  ErrorAnswer: ErrorAnswer;
  ErrorDetail: ErrorDetail;
  ForkPoint: ForkPoint;
  ForkRequest: ForkRequest;
  GenerateAnswer: GenerateAnswer;
  GenerateRequest: GenerateRequest;
  Message: Message;
  ModelList: ModelList;
  Origin: Origin;
  PresetAnswer: PresetAnswer;
  RowAnswer: RowAnswer;
  RunAccepted: RunAccepted;
  RunAnswer: RunAnswer;
  RunList: RunList;
  RunRequest: RunRequest;
  RunState: RunState;
  RunSummary: RunSummary;
  SchemaAnswer: SchemaAnswer;
  SettingAnswer: SettingAnswer;
  StatusAnswer: StatusAnswer;
  StepAnswer: StepAnswer;
  StreamOptions: StreamOptions;
  TextAnswer: TextAnswer;
  TextPart: TextPart;
  TimingAnswer: TimingAnswer;
  WithoutEffectAnswer: WithoutEffectAnswer;
  tempo__interfaces__http__generate_schemas__ModelAnswer: Tempo_Interfaces_Http_GenerateSchemas__ModelAnswer;
  tempo__interfaces__http__routes__models__ModelAnswer: Tempo_Interfaces_Http_Routes_Models__ModelAnswer;
}
/**
 * A token that was attended to.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "AttendedAnswer".
 */
export interface AttendedAnswer {
  position: number;
  text: string;
  token_id: number;
  weight: number;
}
/**
 * What a step's tokens attend to, along the best path that leads to them.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "AttentionAnswer".
 */
export interface AttentionAnswer {
  rows: RowAnswer[];
  run_id: string;
  step: number;
}
/**
 * A kept token of a step, and the tokens that it attends to most.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "RowAnswer".
 */
export interface RowAnswer {
  attends: AttendedAnswer[];
  text: string;
  token_id: number;
}
/**
 * One token that was considered at a step.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "CandidateAnswer".
 */
export interface CandidateAnswer {
  attention?: number;
  posterior?: number | null;
  probability: number;
  rank: number;
  reason?: string | null;
  state: string;
  text: string;
  token_id: number;
}
/**
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "ChatRequest".
 */
export interface ChatRequest {
  /**
   * Whether rows that had seen a dropped token stay as they are, or are decoded again without it.
   */
  after_pruning?: 'keep' | 'recompute';
  /**
   * An older switch for `visibility`.
   */
  allow_intraset_token_visibility?: boolean;
  /**
   * How much of the attention received still counts one step later; 1 is the mean of all steps.
   */
  attention_decay?: number;
  /**
   * The mean share of later tokens' attention that a token needs.
   */
  attention_threshold?: number;
  /**
   * First inner point of the curve.
   */
  bezier_p1?: number;
  /**
   * Second inner point of the curve.
   */
  bezier_p2?: number;
  /**
   * Both of bezier_p1 and bezier_p2.
   */
  bezier_points?: number[] | string;
  /**
   * The same as `threshold_preset`.
   */
  bezier_preset?: ('slow-start' | 'linear' | 'fast-start' | 's-curve') | null;
  /**
   * What coherence is: the attention of the token's own row to the text, or the likeness of its embedding to the recent text's, which needs no row.
   */
  coherence_definition?: 'attention' | 'embedding';
  /**
   * The coherence that a token needs, from 0 for the set's least to 1 for its best.
   */
  coherence_threshold?: number;
  /**
   * What becomes of a step none of whose tokens passes: its best stays, it stays but later tokens do not see it, or the step leaves and its position stays a gap.
   */
  complete_pruning_mode?: 'keep_token' | 'keep_unattended' | 'remove_position';
  /**
   * The same as `complete_pruning_mode`.
   */
  complete_removal_mode?: 'keep_token' | 'keep_unattended' | 'remove_position';
  /**
   * Judge all earlier steps again at every step.
   */
  comprehensive_pruning?: boolean;
  /**
   * Look at and report so many candidates a step, kept or not.
   */
  considered?: number;
  /**
   * Plain greedy decoding, one token a step.
   */
  default_mode?: boolean;
  /**
   * How many kinds of token diversity tells apart; of each the most probable stays.
   */
  diversity_clusters?: number;
  /**
   * How many sets of several tokens the hybrid strategy leaves to diversity.
   */
  diversity_steps?: number;
  /**
   * Which threshold moves: that of selection, of retroactive pruning or of coherence; auto takes that of retroactive pruning where it is on, and selection's otherwise.
   */
  dynamic_target?: 'auto' | 'selection' | 'retroactive' | 'coherence';
  /**
   * Move a threshold over the run.
   */
  dynamic_threshold?: boolean;
  /**
   * The threshold of the last step; it may be below the first.
   */
  final_threshold?: number;
  /**
   * Must be 0.
   */
  frequency_penalty?: number | null;
  /**
   * An older switch for `visibility`.
   */
  isolate?: boolean;
  /**
   * Must be empty.
   */
  logit_bias?: {
    [k: string]: number;
  } | null;
  logprobs?: boolean | null;
  /**
   * End the run before its cache holds more rows than this, the prompt's among them.
   */
  max_cache_tokens?: number | null;
  max_completion_tokens?: number | null;
  /**
   * The same as `max_width`.
   */
  max_parallel_tokens?: number;
  /**
   * Decode at most so many steps.
   */
  max_steps?: number;
  max_tokens?: number | null;
  /**
   * Keep at most so many tokens a step.
   */
  max_width?: number;
  /**
   * So many simulations share each pass of the model.
   */
  mcts_batch?: number;
  /**
   * How much the model's probabilities count against what simulations found.
   */
  mcts_c_puct?: number;
  /**
   * Look at most so many tokens ahead.
   */
  mcts_depth?: number;
  /**
   * Value a text by the share of these regular expressions, of Python's re module, that are found in it. May be repeated.
   */
  mcts_pattern?: string | string[];
  /**
   * How a simulation goes on from a new branch: by tokens drawn from those that reach the threshold, or by the most probable one.
   */
  mcts_rollout?: 'sampled' | 'greedy';
  /**
   * Feed at most so many tokens beside the prompt's; then the best text that was tried will do.
   */
  mcts_rows?: number | null;
  /**
   * Look at so many branches before each token.
   */
  mcts_simulations?: number;
  /**
   * Value a text by the share of these words that it holds, whole and in any case. May be repeated.
   */
  mcts_words?: string | string[];
  /**
   * @minItems 1
   */
  messages: Message[];
  /**
   * Keep the tokens of each row with at least this share of its best.
   */
  min_p?: number | null;
  /**
   * Bar end tokens before this step.
   */
  min_steps?: number;
  /**
   * The model's id; /v1/models tells it.
   */
  model: string;
  /**
   * A later judgement only takes away; otherwise what was weakened or not attended may return.
   */
  monotone_pruning?: boolean;
  /**
   * Weigh layers from 0.2 at the first to 1 at the last; otherwise the last three alike.
   */
  multi_scale_attention?: boolean;
  /**
   * The n best texts of one run, or as many as are.
   */
  n?: number;
  /**
   * An older switch for `threshold_curve`.
   */
  no_lci_dynamic_threshold?: boolean;
  /**
   * An older switch for `multi_scale_attention`.
   */
  no_multi_scale_attention?: boolean;
  /**
   * An older switch for `relative_attention`.
   */
  no_relative_attention?: boolean;
  /**
   * An older switch for `sigmoid_threshold`.
   */
  no_sigmoid_threshold?: boolean;
  /**
   * An older switch for `positions`.
   */
  no_use_custom_rope?: boolean;
  /**
   * Look at the attention of so many last layers; off is all of them.
   */
  num_layers_to_use?: number | null;
  /**
   * Whether the tokens of one step share a position; consecutive is a control.
   */
  positions?: 'shared' | 'consecutive';
  /**
   * Drop a token with a smaller share of the live paths.
   */
  posterior_floor?: number;
  /**
   * Keep the most probable tokens of a set with this share of the live paths together.
   */
  posterior_mass?: number;
  /**
   * Must be 0.
   */
  presence_penalty?: number | null;
  /**
   * Judge a step when so many later ones are decoded.
   */
  pruning_lag?: number;
  /**
   * What refines a step's tokens before they are kept: coherence keeps those that hang together with the text, diversity one of each kind, hybrid does the second for the first sets and the first after them.
   */
  pruning_strategy?: 'none' | 'coherence' | 'diversity' | 'hybrid';
  /**
   * How the rows of a step become one next-token distribution.
   */
  readout?: 'mixture' | 'product' | 'survivors' | 'best' | 'last';
  /**
   * Hold a token's attention against the best of its set too.
   */
  relative_attention?: boolean;
  /**
   * The attention that a token needs, as a share of what the best of its set received.
   */
  relative_threshold?: number;
  /**
   * The share of the run before the line.
   */
  relu_activation_point?: number;
  /**
   * Divide the scores of tokens that the row's best path holds already.
   */
  repetition_penalty?: number;
  /**
   * Must be text.
   */
  response_format?: {
    [k: string]: unknown;
  } | null;
  /**
   * What refines earlier sets by what came later: each token's share of the live paths, or the attention that later tokens gave it; on is attention where one of its settings is named, and posterior otherwise.
   */
  retroactive_pruning?: ('off' | 'on' | 'posterior' | 'attention') | boolean;
  seed?: number | null;
  /**
   * Keep every token whose probability reaches this; lower keeps more.
   */
  selection_threshold?: number;
  /**
   * Parent posteriors are raised to this power before they enter the lineage.
   */
  sharpness?: number;
  /**
   * How fast a token's weight falls around a threshold.
   */
  sigmoid_steepness?: number;
  /**
   * Weaken a token near a threshold instead of dropping it.
   */
  sigmoid_threshold?: boolean;
  stop?: string | string[] | null;
  /**
   * The share of finished hypotheses that ends the run under stop_on mass.
   */
  stop_mass?: number;
  /**
   * End the run when finished hypotheses have enough mass, when there is any, when the best path is finished, or when all are.
   */
  stop_on?: 'mass' | 'any' | 'best' | 'all';
  stream?: boolean;
  stream_options?: StreamOptions | null;
  /**
   * How later tokens weigh the candidates of earlier steps: by probable ancestry, by the best chain alone, by forward weight, or all alike.
   */
  superposition?: 'lineage' | 'path' | 'marginal' | 'uniform';
  /**
   * 0 decodes greedily, one path.
   */
  temperature?: number;
  /**
   * The same as `selection_threshold`.
   */
  threshold?: number;
  /**
   * Whether the threshold is a share of all hypotheses' probability together, or of the leading one's, so that rivals are not cut for being many; auto takes the leader's under superposition path and the total otherwise.
   */
  threshold_basis?: 'auto' | 'total' | 'leader';
  /**
   * The way from the first threshold to the final one: bezier bends by two inner points that are shares of the way, bezier_absolute by two that are thresholds, relu waits and then goes straight, lci goes fast and then slowly.
   */
  threshold_curve?: 'bezier' | 'bezier_absolute' | 'linear' | 'relu' | 'lci' | 'constant';
  /**
   * A Bezier curve by name, in place of its inner points.
   */
  threshold_preset?: ('slow-start' | 'linear' | 'fast-start' | 's-curve') | null;
  /**
   * Must be none or auto.
   */
  tool_choice?: {
    [k: string]: unknown;
  };
  /**
   * Must be empty.
   */
  tools?: unknown[] | null;
  /**
   * Keep so many tokens of each row.
   */
  top_k?: number | null;
  top_logprobs?: number | null;
  top_p?: number;
  /**
   * An older switch for `positions`.
   */
  use_custom_rope?: boolean;
  /**
   * An older switch for `threshold_curve`.
   */
  use_lci_dynamic_threshold?: boolean;
  /**
   * Decide each token by a tree search (MCTS) over the tokens that reach the threshold.
   */
  use_mcts?: boolean;
  /**
   * An older switch for `multi_scale_attention`.
   */
  use_multi_scale_attention?: boolean;
  /**
   * An older switch for `pruning_strategy`.
   */
  use_pruning?: boolean;
  /**
   * An older switch for `relative_attention`.
   */
  use_relative_attention?: boolean;
  /**
   * Hold the threshold, then move it on a straight line.
   */
  use_relu?: boolean;
  /**
   * An older switch for `retroactive_pruning`.
   */
  use_retroactive_pruning?: boolean;
  /**
   * An older switch for `retroactive_pruning`.
   */
  use_retroactive_removal?: boolean;
  /**
   * An older switch for `sigmoid_threshold`.
   */
  use_sigmoid_threshold?: boolean;
  /**
   * A label; it changes nothing.
   */
  user?: string | null;
  /**
   * Whether the tokens of one step see each other.
   */
  visibility?: 'isolated' | 'visible';
  /**
   * So many steps back weights are soft; older steps are the best chain alone.
   */
  window?: number | 'inf';
}
/**
 * A turn of a chat.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "Message".
 */
export interface Message {
  content: string | TextPart[];
  /**
   * A label; it changes nothing.
   */
  name?: string | null;
  role: 'system' | 'developer' | 'user' | 'assistant';
}
/**
 * A part of a message.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "TextPart".
 */
export interface TextPart {
  text: string;
  type: 'text';
}
/**
 * What a stream holds beside the text.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "StreamOptions".
 */
export interface StreamOptions {
  include_usage?: boolean;
}
/**
 * Settings, judged: no errors where they can be run.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "CheckAnswer".
 */
export interface CheckAnswer {
  curve: CurveAnswer | null;
  errors: ComplaintAnswer[];
  without_effect: WithoutEffectAnswer[];
}
/**
 * The threshold over the run: at most 101 points, each a step and the threshold there.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "CurveAnswer".
 */
export interface CurveAnswer {
  points: unknown[][];
  sentence: string;
  setting: string;
  shape: string;
}
/**
 * What is wrong, with the setting that is to blame or null.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "ComplaintAnswer".
 */
export interface ComplaintAnswer {
  field: string | null;
  message: string;
}
/**
 * A setting that could change nothing now, whatever its value, and what it needs.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "WithoutEffectAnswer".
 */
export interface WithoutEffectAnswer {
  field: string;
  needs: string;
}
/**
 * Some settings, by name or alias, as they stand in a form.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "CheckRequest".
 */
export interface CheckRequest {
  /**
   * Those that are left out have their defaults.
   */
  settings: {
    [k: string]: unknown;
  };
}
/**
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "CompletionRequest".
 */
export interface CompletionRequest {
  /**
   * Whether rows that had seen a dropped token stay as they are, or are decoded again without it.
   */
  after_pruning?: 'keep' | 'recompute';
  /**
   * An older switch for `visibility`.
   */
  allow_intraset_token_visibility?: boolean;
  /**
   * How much of the attention received still counts one step later; 1 is the mean of all steps.
   */
  attention_decay?: number;
  /**
   * The mean share of later tokens' attention that a token needs.
   */
  attention_threshold?: number;
  /**
   * Must be n.
   */
  best_of?: number | null;
  /**
   * First inner point of the curve.
   */
  bezier_p1?: number;
  /**
   * Second inner point of the curve.
   */
  bezier_p2?: number;
  /**
   * Both of bezier_p1 and bezier_p2.
   */
  bezier_points?: number[] | string;
  /**
   * The same as `threshold_preset`.
   */
  bezier_preset?: ('slow-start' | 'linear' | 'fast-start' | 's-curve') | null;
  /**
   * What coherence is: the attention of the token's own row to the text, or the likeness of its embedding to the recent text's, which needs no row.
   */
  coherence_definition?: 'attention' | 'embedding';
  /**
   * The coherence that a token needs, from 0 for the set's least to 1 for its best.
   */
  coherence_threshold?: number;
  /**
   * What becomes of a step none of whose tokens passes: its best stays, it stays but later tokens do not see it, or the step leaves and its position stays a gap.
   */
  complete_pruning_mode?: 'keep_token' | 'keep_unattended' | 'remove_position';
  /**
   * The same as `complete_pruning_mode`.
   */
  complete_removal_mode?: 'keep_token' | 'keep_unattended' | 'remove_position';
  /**
   * Judge all earlier steps again at every step.
   */
  comprehensive_pruning?: boolean;
  /**
   * Look at and report so many candidates a step, kept or not.
   */
  considered?: number;
  /**
   * Plain greedy decoding, one token a step.
   */
  default_mode?: boolean;
  /**
   * How many kinds of token diversity tells apart; of each the most probable stays.
   */
  diversity_clusters?: number;
  /**
   * How many sets of several tokens the hybrid strategy leaves to diversity.
   */
  diversity_steps?: number;
  /**
   * Which threshold moves: that of selection, of retroactive pruning or of coherence; auto takes that of retroactive pruning where it is on, and selection's otherwise.
   */
  dynamic_target?: 'auto' | 'selection' | 'retroactive' | 'coherence';
  /**
   * Move a threshold over the run.
   */
  dynamic_threshold?: boolean;
  echo?: boolean;
  /**
   * The threshold of the last step; it may be below the first.
   */
  final_threshold?: number;
  /**
   * Must be 0.
   */
  frequency_penalty?: number | null;
  /**
   * An older switch for `visibility`.
   */
  isolate?: boolean;
  /**
   * Must be empty.
   */
  logit_bias?: {
    [k: string]: number;
  } | null;
  logprobs?: number | null;
  /**
   * End the run before its cache holds more rows than this, the prompt's among them.
   */
  max_cache_tokens?: number | null;
  /**
   * The same as `max_width`.
   */
  max_parallel_tokens?: number;
  /**
   * Decode at most so many steps.
   */
  max_steps?: number;
  max_tokens?: number;
  /**
   * Keep at most so many tokens a step.
   */
  max_width?: number;
  /**
   * So many simulations share each pass of the model.
   */
  mcts_batch?: number;
  /**
   * How much the model's probabilities count against what simulations found.
   */
  mcts_c_puct?: number;
  /**
   * Look at most so many tokens ahead.
   */
  mcts_depth?: number;
  /**
   * Value a text by the share of these regular expressions, of Python's re module, that are found in it. May be repeated.
   */
  mcts_pattern?: string | string[];
  /**
   * How a simulation goes on from a new branch: by tokens drawn from those that reach the threshold, or by the most probable one.
   */
  mcts_rollout?: 'sampled' | 'greedy';
  /**
   * Feed at most so many tokens beside the prompt's; then the best text that was tried will do.
   */
  mcts_rows?: number | null;
  /**
   * Look at so many branches before each token.
   */
  mcts_simulations?: number;
  /**
   * Value a text by the share of these words that it holds, whole and in any case. May be repeated.
   */
  mcts_words?: string | string[];
  /**
   * Keep the tokens of each row with at least this share of its best.
   */
  min_p?: number | null;
  /**
   * Bar end tokens before this step.
   */
  min_steps?: number;
  /**
   * The model's id; /v1/models tells it.
   */
  model: string;
  /**
   * A later judgement only takes away; otherwise what was weakened or not attended may return.
   */
  monotone_pruning?: boolean;
  /**
   * Weigh layers from 0.2 at the first to 1 at the last; otherwise the last three alike.
   */
  multi_scale_attention?: boolean;
  /**
   * The n best texts of one run, or as many as are.
   */
  n?: number;
  /**
   * An older switch for `threshold_curve`.
   */
  no_lci_dynamic_threshold?: boolean;
  /**
   * An older switch for `multi_scale_attention`.
   */
  no_multi_scale_attention?: boolean;
  /**
   * An older switch for `relative_attention`.
   */
  no_relative_attention?: boolean;
  /**
   * An older switch for `sigmoid_threshold`.
   */
  no_sigmoid_threshold?: boolean;
  /**
   * An older switch for `positions`.
   */
  no_use_custom_rope?: boolean;
  /**
   * Look at the attention of so many last layers; off is all of them.
   */
  num_layers_to_use?: number | null;
  /**
   * Whether the tokens of one step share a position; consecutive is a control.
   */
  positions?: 'shared' | 'consecutive';
  /**
   * Drop a token with a smaller share of the live paths.
   */
  posterior_floor?: number;
  /**
   * Keep the most probable tokens of a set with this share of the live paths together.
   */
  posterior_mass?: number;
  /**
   * Must be 0.
   */
  presence_penalty?: number | null;
  /**
   * One text, or one prompt as token ids.
   */
  prompt: string | number[];
  /**
   * Judge a step when so many later ones are decoded.
   */
  pruning_lag?: number;
  /**
   * What refines a step's tokens before they are kept: coherence keeps those that hang together with the text, diversity one of each kind, hybrid does the second for the first sets and the first after them.
   */
  pruning_strategy?: 'none' | 'coherence' | 'diversity' | 'hybrid';
  /**
   * How the rows of a step become one next-token distribution.
   */
  readout?: 'mixture' | 'product' | 'survivors' | 'best' | 'last';
  /**
   * Hold a token's attention against the best of its set too.
   */
  relative_attention?: boolean;
  /**
   * The attention that a token needs, as a share of what the best of its set received.
   */
  relative_threshold?: number;
  /**
   * The share of the run before the line.
   */
  relu_activation_point?: number;
  /**
   * Divide the scores of tokens that the row's best path holds already.
   */
  repetition_penalty?: number;
  /**
   * What refines earlier sets by what came later: each token's share of the live paths, or the attention that later tokens gave it; on is attention where one of its settings is named, and posterior otherwise.
   */
  retroactive_pruning?: ('off' | 'on' | 'posterior' | 'attention') | boolean;
  seed?: number | null;
  /**
   * Keep every token whose probability reaches this; lower keeps more.
   */
  selection_threshold?: number;
  /**
   * Parent posteriors are raised to this power before they enter the lineage.
   */
  sharpness?: number;
  /**
   * How fast a token's weight falls around a threshold.
   */
  sigmoid_steepness?: number;
  /**
   * Weaken a token near a threshold instead of dropping it.
   */
  sigmoid_threshold?: boolean;
  stop?: string | string[] | null;
  /**
   * The share of finished hypotheses that ends the run under stop_on mass.
   */
  stop_mass?: number;
  /**
   * End the run when finished hypotheses have enough mass, when there is any, when the best path is finished, or when all are.
   */
  stop_on?: 'mass' | 'any' | 'best' | 'all';
  stream?: boolean;
  stream_options?: StreamOptions | null;
  /**
   * Must be left out.
   */
  suffix?: string | null;
  /**
   * How later tokens weigh the candidates of earlier steps: by probable ancestry, by the best chain alone, by forward weight, or all alike.
   */
  superposition?: 'lineage' | 'path' | 'marginal' | 'uniform';
  /**
   * 0 decodes greedily, one path.
   */
  temperature?: number;
  /**
   * The same as `selection_threshold`.
   */
  threshold?: number;
  /**
   * Whether the threshold is a share of all hypotheses' probability together, or of the leading one's, so that rivals are not cut for being many; auto takes the leader's under superposition path and the total otherwise.
   */
  threshold_basis?: 'auto' | 'total' | 'leader';
  /**
   * The way from the first threshold to the final one: bezier bends by two inner points that are shares of the way, bezier_absolute by two that are thresholds, relu waits and then goes straight, lci goes fast and then slowly.
   */
  threshold_curve?: 'bezier' | 'bezier_absolute' | 'linear' | 'relu' | 'lci' | 'constant';
  /**
   * A Bezier curve by name, in place of its inner points.
   */
  threshold_preset?: ('slow-start' | 'linear' | 'fast-start' | 's-curve') | null;
  /**
   * Keep so many tokens of each row.
   */
  top_k?: number | null;
  top_p?: number;
  /**
   * An older switch for `positions`.
   */
  use_custom_rope?: boolean;
  /**
   * An older switch for `threshold_curve`.
   */
  use_lci_dynamic_threshold?: boolean;
  /**
   * Decide each token by a tree search (MCTS) over the tokens that reach the threshold.
   */
  use_mcts?: boolean;
  /**
   * An older switch for `multi_scale_attention`.
   */
  use_multi_scale_attention?: boolean;
  /**
   * An older switch for `pruning_strategy`.
   */
  use_pruning?: boolean;
  /**
   * An older switch for `relative_attention`.
   */
  use_relative_attention?: boolean;
  /**
   * Hold the threshold, then move it on a straight line.
   */
  use_relu?: boolean;
  /**
   * An older switch for `retroactive_pruning`.
   */
  use_retroactive_pruning?: boolean;
  /**
   * An older switch for `retroactive_pruning`.
   */
  use_retroactive_removal?: boolean;
  /**
   * An older switch for `sigmoid_threshold`.
   */
  use_sigmoid_threshold?: boolean;
  /**
   * A label; it changes nothing.
   */
  user?: string | null;
  /**
   * Whether the tokens of one step see each other.
   */
  visibility?: 'isolated' | 'visible';
  /**
   * So many steps back weights are soft; older steps are the best chain alone.
   */
  window?: number | 'inf';
}
/**
 * The one shape of all errors.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "ErrorAnswer".
 */
export interface ErrorAnswer {
  error: ErrorDetail;
}
/**
 * What went wrong.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "ErrorDetail".
 */
export interface ErrorDetail {
  kind: string;
  message: string;
  request_id: string;
}
/**
 * Where a run left another: the run, its step, and the token that the fork went on from.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "ForkPoint".
 */
export interface ForkPoint {
  run_id: string;
  step: number;
  token_id: number;
}
/**
 * Where to leave a run, and on which token to go on.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "ForkRequest".
 */
export interface ForkRequest {
  /**
   * Go on although nobody listens.
   */
  detach?: boolean;
  /**
   * Counts the steps before the fork too.
   */
  max_steps?: number | null;
  /**
   * A step of the run, from 0.
   */
  step: number;
  /**
   * A token that was considered there.
   */
  token_id: number;
}
/**
 * One generation.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "GenerateAnswer".
 */
export interface GenerateAnswer {
  best_path_ids?: number[] | null;
  /**
   * The best path, without the prompt.
   */
  clean_text: string;
  cost?: {
    [k: string]: unknown;
  } | null;
  finish_reason: string;
  finished: boolean;
  /**
   * Every step of several tokens as [park/garden]; no colours.
   */
  generated_text: string;
  had_repetition_loop: boolean;
  lattice?: {
    [k: string]: unknown;
  } | null;
  model_info: Tempo_Interfaces_Http_GenerateSchemas__ModelAnswer;
  n_best: TextAnswer[];
  prompt: string;
  prompt_ids?: number[] | null;
  pruning: {
    [k: string]: unknown;
  };
  /**
   * All physical tokens in order, siblings one after another.
   */
  raw_generated_text: string;
  /**
   * What a tree search took, and its errors.
   */
  search?: {
    [k: string]: unknown;
  } | null;
  settings: {
    [k: string]: unknown;
  };
  steps: StepAnswer[];
  system_content: string | null;
  timing: TimingAnswer;
}
/**
 * What decoded.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "tempo__interfaces__http__generate_schemas__ModelAnswer".
 */
export interface Tempo_Interfaces_Http_GenerateSchemas__ModelAnswer {
  device: string;
  dtype: string;
  model_name: string;
  model_type: string;
}
/**
 * One of the best texts.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "TextAnswer".
 */
export interface TextAnswer {
  finished: boolean;
  log_probability: number;
  mean_log_probability: number;
  share: number;
  text: string;
  text_log_probability: number;
  token_ids: number[];
  /**
   * A tree search's value of it.
   */
  value?: number | null;
}
/**
 * One step: what was considered, what stayed, what was taken away.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "StepAnswer".
 */
export interface StepAnswer {
  considered: CandidateAnswer[];
  entropy: number;
  kept: CandidateAnswer[];
  kept_mass: number;
  position: number;
  pruned: CandidateAnswer[];
  threshold: number;
}
/**
 * Seconds.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "TimingAnswer".
 */
export interface TimingAnswer {
  elapsed_time: number;
  generation_time: number;
  pruning_time: number;
  queue_time: number;
}
/**
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "GenerateRequest".
 */
export interface GenerateRequest {
  /**
   * Whether rows that had seen a dropped token stay as they are, or are decoded again without it.
   */
  after_pruning?: 'keep' | 'recompute';
  /**
   * An older switch for `visibility`.
   */
  allow_intraset_token_visibility?: boolean;
  /**
   * How much of the attention received still counts one step later; 1 is the mean of all steps.
   */
  attention_decay?: number;
  /**
   * The mean share of later tokens' attention that a token needs.
   */
  attention_threshold?: number;
  /**
   * First inner point of the curve.
   */
  bezier_p1?: number;
  /**
   * Second inner point of the curve.
   */
  bezier_p2?: number;
  /**
   * Both of bezier_p1 and bezier_p2.
   */
  bezier_points?: number[] | string;
  /**
   * The same as `threshold_preset`.
   */
  bezier_preset?: ('slow-start' | 'linear' | 'fast-start' | 's-curve') | null;
  /**
   * Use the model's chat template.
   */
  chat?: boolean;
  /**
   * What coherence is: the attention of the token's own row to the text, or the likeness of its embedding to the recent text's, which needs no row.
   */
  coherence_definition?: 'attention' | 'embedding';
  /**
   * The coherence that a token needs, from 0 for the set's least to 1 for its best.
   */
  coherence_threshold?: number;
  /**
   * What becomes of a step none of whose tokens passes: its best stays, it stays but later tokens do not see it, or the step leaves and its position stays a gap.
   */
  complete_pruning_mode?: 'keep_token' | 'keep_unattended' | 'remove_position';
  /**
   * The same as `complete_pruning_mode`.
   */
  complete_removal_mode?: 'keep_token' | 'keep_unattended' | 'remove_position';
  /**
   * Judge all earlier steps again at every step.
   */
  comprehensive_pruning?: boolean;
  /**
   * Look at and report so many candidates a step, kept or not.
   */
  considered?: number;
  /**
   * Add what the run cost.
   */
  debug_mode?: boolean;
  /**
   * Plain greedy decoding, one token a step.
   */
  default_mode?: boolean;
  /**
   * Must be false.
   */
  disable_kv_cache?: boolean;
  /**
   * Must be false.
   */
  disable_kv_cache_consistency?: boolean;
  /**
   * How many kinds of token diversity tells apart; of each the most probable stays.
   */
  diversity_clusters?: number;
  /**
   * How many sets of several tokens the hybrid strategy leaves to diversity.
   */
  diversity_steps?: number;
  /**
   * Which threshold moves: that of selection, of retroactive pruning or of coherence; auto takes that of retroactive pruning where it is on, and selection's otherwise.
   */
  dynamic_target?: 'auto' | 'selection' | 'retroactive' | 'coherence';
  /**
   * Move a threshold over the run.
   */
  dynamic_threshold?: boolean;
  /**
   * Ask a chat model for its thinking mode.
   */
  enable_thinking?: boolean;
  /**
   * The threshold of the last step; it may be below the first.
   */
  final_threshold?: number;
  /**
   * An older switch for `visibility`.
   */
  isolate?: boolean;
  /**
   * Add the whole lattice as a document.
   */
  lattice?: boolean;
  /**
   * End the run before its cache holds more rows than this, the prompt's among them.
   */
  max_cache_tokens?: number | null;
  /**
   * The same as `max_width`.
   */
  max_parallel_tokens?: number;
  /**
   * Decode at most so many steps.
   */
  max_steps?: number;
  /**
   * The same as `max_steps`.
   */
  max_tokens?: number;
  /**
   * Keep at most so many tokens a step.
   */
  max_width?: number;
  /**
   * So many simulations share each pass of the model.
   */
  mcts_batch?: number;
  /**
   * How much the model's probabilities count against what simulations found.
   */
  mcts_c_puct?: number;
  /**
   * Look at most so many tokens ahead.
   */
  mcts_depth?: number;
  /**
   * Value a text by the share of these regular expressions, of Python's re module, that are found in it. May be repeated.
   */
  mcts_pattern?: string | string[];
  /**
   * How a simulation goes on from a new branch: by tokens drawn from those that reach the threshold, or by the most probable one.
   */
  mcts_rollout?: 'sampled' | 'greedy';
  /**
   * Feed at most so many tokens beside the prompt's; then the best text that was tried will do.
   */
  mcts_rows?: number | null;
  /**
   * Look at so many branches before each token.
   */
  mcts_simulations?: number;
  /**
   * Value a text by the share of these words that it holds, whole and in any case. May be repeated.
   */
  mcts_words?: string | string[];
  /**
   * Keep the tokens of each row with at least this share of its best.
   */
  min_p?: number | null;
  /**
   * Bar end tokens before this step.
   */
  min_steps?: number;
  /**
   * A later judgement only takes away; otherwise what was weakened or not attended may return.
   */
  monotone_pruning?: boolean;
  /**
   * Weigh layers from 0.2 at the first to 1 at the last; otherwise the last three alike.
   */
  multi_scale_attention?: boolean;
  /**
   * How many best texts, with exact scores.
   */
  n_best?: number;
  /**
   * An older switch for `threshold_curve`.
   */
  no_lci_dynamic_threshold?: boolean;
  /**
   * An older switch for `multi_scale_attention`.
   */
  no_multi_scale_attention?: boolean;
  /**
   * Must be false.
   */
  no_preserve_isolated_tokens?: boolean;
  /**
   * An older switch for `relative_attention`.
   */
  no_relative_attention?: boolean;
  /**
   * An older switch for `sigmoid_threshold`.
   */
  no_sigmoid_threshold?: boolean;
  /**
   * An older switch for `positions`.
   */
  no_use_custom_rope?: boolean;
  /**
   * Look at the attention of so many last layers; off is all of them.
   */
  num_layers_to_use?: number | null;
  /**
   * Whether the tokens of one step share a position; consecutive is a control.
   */
  positions?: 'shared' | 'consecutive';
  /**
   * Drop a token with a smaller share of the live paths.
   */
  posterior_floor?: number;
  /**
   * Keep the most probable tokens of a set with this share of the live paths together.
   */
  posterior_mass?: number;
  /**
   * What to continue; not blank.
   */
  prompt: string;
  /**
   * Judge a step when so many later ones are decoded.
   */
  pruning_lag?: number;
  /**
   * What refines a step's tokens before they are kept: coherence keeps those that hang together with the text, diversity one of each kind, hybrid does the second for the first sets and the first after them.
   */
  pruning_strategy?: 'none' | 'coherence' | 'diversity' | 'hybrid';
  /**
   * How the rows of a step become one next-token distribution.
   */
  readout?: 'mixture' | 'product' | 'survivors' | 'best' | 'last';
  /**
   * Hold a token's attention against the best of its set too.
   */
  relative_attention?: boolean;
  /**
   * The attention that a token needs, as a share of what the best of its set received.
   */
  relative_threshold?: number;
  /**
   * The share of the run before the line.
   */
  relu_activation_point?: number;
  /**
   * Divide the scores of tokens that the row's best path holds already.
   */
  repetition_penalty?: number;
  /**
   * What refines earlier sets by what came later: each token's share of the live paths, or the attention that later tokens gave it; on is attention where one of its settings is named, and posterior otherwise.
   */
  retroactive_pruning?: ('off' | 'on' | 'posterior' | 'attention') | boolean;
  /**
   * Seed of whatever is drawn.
   */
  seed?: number;
  /**
   * Keep every token whose probability reaches this; lower keeps more.
   */
  selection_threshold?: number;
  /**
   * Parent posteriors are raised to this power before they enter the lineage.
   */
  sharpness?: number;
  /**
   * Add the ids of the prompt's and of the best path's tokens.
   */
  show_token_ids?: boolean;
  /**
   * How fast a token's weight falls around a threshold.
   */
  sigmoid_steepness?: number;
  /**
   * Weaken a token near a threshold instead of dropping it.
   */
  sigmoid_threshold?: boolean;
  /**
   * End a path where it spells this; the text ends before it. May be repeated.
   */
  stop?: string | string[];
  /**
   * The share of finished hypotheses that ends the run under stop_on mass.
   */
  stop_mass?: number;
  /**
   * End the run when finished hypotheses have enough mass, when there is any, when the best path is finished, or when all are.
   */
  stop_on?: 'mass' | 'any' | 'best' | 'all';
  /**
   * How later tokens weigh the candidates of earlier steps: by probable ancestry, by the best chain alone, by forward weight, or all alike.
   */
  superposition?: 'lineage' | 'path' | 'marginal' | 'uniform';
  /**
   * System prompt; uses the model's chat template.
   */
  system_content?: string | null;
  /**
   * Divide the logits of each row by this.
   */
  temperature?: number;
  /**
   * The same as `selection_threshold`.
   */
  threshold?: number;
  /**
   * Whether the threshold is a share of all hypotheses' probability together, or of the leading one's, so that rivals are not cut for being many; auto takes the leader's under superposition path and the total otherwise.
   */
  threshold_basis?: 'auto' | 'total' | 'leader';
  /**
   * The way from the first threshold to the final one: bezier bends by two inner points that are shares of the way, bezier_absolute by two that are thresholds, relu waits and then goes straight, lci goes fast and then slowly.
   */
  threshold_curve?: 'bezier' | 'bezier_absolute' | 'linear' | 'relu' | 'lci' | 'constant';
  /**
   * A Bezier curve by name, in place of its inner points.
   */
  threshold_preset?: ('slow-start' | 'linear' | 'fast-start' | 's-curve') | null;
  /**
   * Keep so many tokens of each row.
   */
  top_k?: number | null;
  /**
   * Keep the smallest set of tokens of each row with this mass.
   */
  top_p?: number | null;
  /**
   * An older switch for `positions`.
   */
  use_custom_rope?: boolean;
  /**
   * An older switch for `threshold_curve`.
   */
  use_lci_dynamic_threshold?: boolean;
  /**
   * Decide each token by a tree search (MCTS) over the tokens that reach the threshold.
   */
  use_mcts?: boolean;
  /**
   * An older switch for `multi_scale_attention`.
   */
  use_multi_scale_attention?: boolean;
  /**
   * An older switch for `pruning_strategy`.
   */
  use_pruning?: boolean;
  /**
   * An older switch for `relative_attention`.
   */
  use_relative_attention?: boolean;
  /**
   * Hold the threshold, then move it on a straight line.
   */
  use_relu?: boolean;
  /**
   * An older switch for `retroactive_pruning`.
   */
  use_retroactive_pruning?: boolean;
  /**
   * An older switch for `retroactive_pruning`.
   */
  use_retroactive_removal?: boolean;
  /**
   * An older switch for `sigmoid_threshold`.
   */
  use_sigmoid_threshold?: boolean;
  /**
   * Whether the tokens of one step see each other.
   */
  visibility?: 'isolated' | 'visible';
  /**
   * So many steps back weights are soft; older steps are the best chain alone.
   */
  window?: number | 'inf';
}
/**
 * The models that decode here: one.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "ModelList".
 */
export interface ModelList {
  models: Tempo_Interfaces_Http_Routes_Models__ModelAnswer[];
}
/**
 * A model that decodes here.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "tempo__interfaces__http__routes__models__ModelAnswer".
 */
export interface Tempo_Interfaces_Http_Routes_Models__ModelAnswer {
  context: number;
  device: string;
  dtype: string;
  family: string;
  fingerprint: string;
  id: string;
  vocabulary: number;
}
/**
 * Settings for one purpose, within the service's bounds; the others stand at their defaults.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "PresetAnswer".
 */
export interface PresetAnswer {
  label: string;
  meaning: string;
  name: string;
  settings: {
    [k: string]: unknown;
  };
}
/**
 * A run that was begun.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "RunAccepted".
 */
export interface RunAccepted {
  events_url: string;
  run_id: string;
  state: RunState;
}
/**
 * A run with all that it told and answered.
 *
 * Of a fork that has begun, `continued_from` is `state` where it went on from a retained state,
 * and `prefill` where the prompt was read anew. `children` are the forks of this run, oldest
 * first.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "RunAnswer".
 */
export interface RunAnswer {
  asked_at: number;
  children: RunSummary[];
  continued_from: Origin | null;
  ended_at: number | null;
  events: {
    [k: string]: unknown;
  }[];
  forked_at: number | null;
  parent: ForkPoint | null;
  prompt: string | null;
  request: {
    [k: string]: unknown;
  };
  result: {
    [k: string]: unknown;
  } | null;
  run_id: string;
  state: RunState;
  /**
   * Whether all that it told is kept; false while the disk is full.
   */
  stored: boolean;
}
/**
 * A run as a list shows it.
 *
 * `parent` is the run that it goes on from, None for one that was begun from a prompt, and
 * `forked_at` the step at which it left that run; together they make the runs a tree.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "RunSummary".
 */
export interface RunSummary {
  asked_at: number;
  ended_at: number | null;
  forked_at: number | null;
  parent: ForkPoint | null;
  prompt: string | null;
  run_id: string;
  state: RunState;
  /**
   * Whether all that it told is kept; false while the disk is full.
   */
  stored: boolean;
}
/**
 * Runs, newest first.
 *
 * `before` continues the list: the moment to ask for earlier ones with, None at the end.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "RunList".
 */
export interface RunList {
  before: number | null;
  runs: RunSummary[];
}
/**
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "RunRequest".
 */
export interface RunRequest {
  /**
   * Whether rows that had seen a dropped token stay as they are, or are decoded again without it.
   */
  after_pruning?: 'keep' | 'recompute';
  /**
   * An older switch for `visibility`.
   */
  allow_intraset_token_visibility?: boolean;
  /**
   * How much of the attention received still counts one step later; 1 is the mean of all steps.
   */
  attention_decay?: number;
  /**
   * The mean share of later tokens' attention that a token needs.
   */
  attention_threshold?: number;
  /**
   * First inner point of the curve.
   */
  bezier_p1?: number;
  /**
   * Second inner point of the curve.
   */
  bezier_p2?: number;
  /**
   * Both of bezier_p1 and bezier_p2.
   */
  bezier_points?: number[] | string;
  /**
   * The same as `threshold_preset`.
   */
  bezier_preset?: ('slow-start' | 'linear' | 'fast-start' | 's-curve') | null;
  /**
   * Use the model's chat template.
   */
  chat?: boolean;
  /**
   * What coherence is: the attention of the token's own row to the text, or the likeness of its embedding to the recent text's, which needs no row.
   */
  coherence_definition?: 'attention' | 'embedding';
  /**
   * The coherence that a token needs, from 0 for the set's least to 1 for its best.
   */
  coherence_threshold?: number;
  /**
   * What becomes of a step none of whose tokens passes: its best stays, it stays but later tokens do not see it, or the step leaves and its position stays a gap.
   */
  complete_pruning_mode?: 'keep_token' | 'keep_unattended' | 'remove_position';
  /**
   * The same as `complete_pruning_mode`.
   */
  complete_removal_mode?: 'keep_token' | 'keep_unattended' | 'remove_position';
  /**
   * Judge all earlier steps again at every step.
   */
  comprehensive_pruning?: boolean;
  /**
   * Look at and report so many candidates a step, kept or not.
   */
  considered?: number;
  /**
   * Add what the run cost.
   */
  debug_mode?: boolean;
  /**
   * Plain greedy decoding, one token a step.
   */
  default_mode?: boolean;
  /**
   * Go on although nobody listens.
   */
  detach?: boolean;
  /**
   * Must be false.
   */
  disable_kv_cache?: boolean;
  /**
   * Must be false.
   */
  disable_kv_cache_consistency?: boolean;
  /**
   * How many kinds of token diversity tells apart; of each the most probable stays.
   */
  diversity_clusters?: number;
  /**
   * How many sets of several tokens the hybrid strategy leaves to diversity.
   */
  diversity_steps?: number;
  /**
   * Which threshold moves: that of selection, of retroactive pruning or of coherence; auto takes that of retroactive pruning where it is on, and selection's otherwise.
   */
  dynamic_target?: 'auto' | 'selection' | 'retroactive' | 'coherence';
  /**
   * Move a threshold over the run.
   */
  dynamic_threshold?: boolean;
  /**
   * Ask a chat model for its thinking mode.
   */
  enable_thinking?: boolean;
  /**
   * The threshold of the last step; it may be below the first.
   */
  final_threshold?: number;
  /**
   * An older switch for `visibility`.
   */
  isolate?: boolean;
  /**
   * Add the whole lattice as a document.
   */
  lattice?: boolean;
  /**
   * End the run before its cache holds more rows than this, the prompt's among them.
   */
  max_cache_tokens?: number | null;
  /**
   * The same as `max_width`.
   */
  max_parallel_tokens?: number;
  /**
   * Decode at most so many steps.
   */
  max_steps?: number;
  /**
   * The same as `max_steps`.
   */
  max_tokens?: number;
  /**
   * Keep at most so many tokens a step.
   */
  max_width?: number;
  /**
   * So many simulations share each pass of the model.
   */
  mcts_batch?: number;
  /**
   * How much the model's probabilities count against what simulations found.
   */
  mcts_c_puct?: number;
  /**
   * Look at most so many tokens ahead.
   */
  mcts_depth?: number;
  /**
   * Value a text by the share of these regular expressions, of Python's re module, that are found in it. May be repeated.
   */
  mcts_pattern?: string | string[];
  /**
   * How a simulation goes on from a new branch: by tokens drawn from those that reach the threshold, or by the most probable one.
   */
  mcts_rollout?: 'sampled' | 'greedy';
  /**
   * Feed at most so many tokens beside the prompt's; then the best text that was tried will do.
   */
  mcts_rows?: number | null;
  /**
   * Look at so many branches before each token.
   */
  mcts_simulations?: number;
  /**
   * Value a text by the share of these words that it holds, whole and in any case. May be repeated.
   */
  mcts_words?: string | string[];
  /**
   * Keep the tokens of each row with at least this share of its best.
   */
  min_p?: number | null;
  /**
   * Bar end tokens before this step.
   */
  min_steps?: number;
  /**
   * A later judgement only takes away; otherwise what was weakened or not attended may return.
   */
  monotone_pruning?: boolean;
  /**
   * Weigh layers from 0.2 at the first to 1 at the last; otherwise the last three alike.
   */
  multi_scale_attention?: boolean;
  /**
   * How many best texts, with exact scores.
   */
  n_best?: number;
  /**
   * An older switch for `threshold_curve`.
   */
  no_lci_dynamic_threshold?: boolean;
  /**
   * An older switch for `multi_scale_attention`.
   */
  no_multi_scale_attention?: boolean;
  /**
   * Must be false.
   */
  no_preserve_isolated_tokens?: boolean;
  /**
   * An older switch for `relative_attention`.
   */
  no_relative_attention?: boolean;
  /**
   * An older switch for `sigmoid_threshold`.
   */
  no_sigmoid_threshold?: boolean;
  /**
   * An older switch for `positions`.
   */
  no_use_custom_rope?: boolean;
  /**
   * Look at the attention of so many last layers; off is all of them.
   */
  num_layers_to_use?: number | null;
  /**
   * Whether the tokens of one step share a position; consecutive is a control.
   */
  positions?: 'shared' | 'consecutive';
  /**
   * Drop a token with a smaller share of the live paths.
   */
  posterior_floor?: number;
  /**
   * Keep the most probable tokens of a set with this share of the live paths together.
   */
  posterior_mass?: number;
  /**
   * What to continue; not blank.
   */
  prompt: string;
  /**
   * Judge a step when so many later ones are decoded.
   */
  pruning_lag?: number;
  /**
   * What refines a step's tokens before they are kept: coherence keeps those that hang together with the text, diversity one of each kind, hybrid does the second for the first sets and the first after them.
   */
  pruning_strategy?: 'none' | 'coherence' | 'diversity' | 'hybrid';
  /**
   * How the rows of a step become one next-token distribution.
   */
  readout?: 'mixture' | 'product' | 'survivors' | 'best' | 'last';
  /**
   * Hold a token's attention against the best of its set too.
   */
  relative_attention?: boolean;
  /**
   * The attention that a token needs, as a share of what the best of its set received.
   */
  relative_threshold?: number;
  /**
   * The share of the run before the line.
   */
  relu_activation_point?: number;
  /**
   * Divide the scores of tokens that the row's best path holds already.
   */
  repetition_penalty?: number;
  /**
   * What refines earlier sets by what came later: each token's share of the live paths, or the attention that later tokens gave it; on is attention where one of its settings is named, and posterior otherwise.
   */
  retroactive_pruning?: ('off' | 'on' | 'posterior' | 'attention') | boolean;
  /**
   * Seed of whatever is drawn.
   */
  seed?: number;
  /**
   * Keep every token whose probability reaches this; lower keeps more.
   */
  selection_threshold?: number;
  /**
   * Parent posteriors are raised to this power before they enter the lineage.
   */
  sharpness?: number;
  /**
   * Add the ids of the prompt's and of the best path's tokens.
   */
  show_token_ids?: boolean;
  /**
   * How fast a token's weight falls around a threshold.
   */
  sigmoid_steepness?: number;
  /**
   * Weaken a token near a threshold instead of dropping it.
   */
  sigmoid_threshold?: boolean;
  /**
   * End a path where it spells this; the text ends before it. May be repeated.
   */
  stop?: string | string[];
  /**
   * The share of finished hypotheses that ends the run under stop_on mass.
   */
  stop_mass?: number;
  /**
   * End the run when finished hypotheses have enough mass, when there is any, when the best path is finished, or when all are.
   */
  stop_on?: 'mass' | 'any' | 'best' | 'all';
  /**
   * How later tokens weigh the candidates of earlier steps: by probable ancestry, by the best chain alone, by forward weight, or all alike.
   */
  superposition?: 'lineage' | 'path' | 'marginal' | 'uniform';
  /**
   * System prompt; uses the model's chat template.
   */
  system_content?: string | null;
  /**
   * Divide the logits of each row by this.
   */
  temperature?: number;
  /**
   * The same as `selection_threshold`.
   */
  threshold?: number;
  /**
   * Whether the threshold is a share of all hypotheses' probability together, or of the leading one's, so that rivals are not cut for being many; auto takes the leader's under superposition path and the total otherwise.
   */
  threshold_basis?: 'auto' | 'total' | 'leader';
  /**
   * The way from the first threshold to the final one: bezier bends by two inner points that are shares of the way, bezier_absolute by two that are thresholds, relu waits and then goes straight, lci goes fast and then slowly.
   */
  threshold_curve?: 'bezier' | 'bezier_absolute' | 'linear' | 'relu' | 'lci' | 'constant';
  /**
   * A Bezier curve by name, in place of its inner points.
   */
  threshold_preset?: ('slow-start' | 'linear' | 'fast-start' | 's-curve') | null;
  /**
   * Keep so many tokens of each row.
   */
  top_k?: number | null;
  /**
   * Keep the smallest set of tokens of each row with this mass.
   */
  top_p?: number | null;
  /**
   * An older switch for `positions`.
   */
  use_custom_rope?: boolean;
  /**
   * An older switch for `threshold_curve`.
   */
  use_lci_dynamic_threshold?: boolean;
  /**
   * Decide each token by a tree search (MCTS) over the tokens that reach the threshold.
   */
  use_mcts?: boolean;
  /**
   * An older switch for `multi_scale_attention`.
   */
  use_multi_scale_attention?: boolean;
  /**
   * An older switch for `pruning_strategy`.
   */
  use_pruning?: boolean;
  /**
   * An older switch for `relative_attention`.
   */
  use_relative_attention?: boolean;
  /**
   * Hold the threshold, then move it on a straight line.
   */
  use_relu?: boolean;
  /**
   * An older switch for `retroactive_pruning`.
   */
  use_retroactive_pruning?: boolean;
  /**
   * An older switch for `retroactive_pruning`.
   */
  use_retroactive_removal?: boolean;
  /**
   * An older switch for `sigmoid_threshold`.
   */
  use_sigmoid_threshold?: boolean;
  /**
   * Whether the tokens of one step see each other.
   */
  visibility?: 'isolated' | 'visible';
  /**
   * So many steps back weights are soft; older steps are the best chain alone.
   */
  window?: number | 'inf';
}
/**
 * Every setting, in the order of the help pages, presets, and the bounds of this service.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "SchemaAnswer".
 */
export interface SchemaAnswer {
  limits: {
    [k: string]: number;
  };
  presets: PresetAnswer[];
  settings: SettingAnswer[];
}
/**
 * One setting: what it is called, what it means, what to try, and what it may be.
 *
 * `least` and `most` are its range here, within the service's bounds. `low`, `high` and `step` are
 * what a slider offers, null for what is no number.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "SettingAnswer".
 */
export interface SettingAnswer {
  advice: string;
  allowed: string;
  also: string[];
  choices: string[];
  default: unknown;
  group: string;
  high: number | null;
  kind: string;
  label: string;
  least: number | null;
  low: number | null;
  meaning: string;
  most: number | null;
  name: string;
  open_below: boolean;
  optional: boolean;
  step: number | null;
}
/**
 * Whether the service lives, or is ready.
 *
 * This interface was referenced by `Schemas`'s JSON-Schema
 * via the `definition` "StatusAnswer".
 */
export interface StatusAnswer {
  status: 'ok' | 'loading' | 'overloaded' | 'failed';
}
