/** What an event did, in words. */

import { reasonOf } from './endings';
import type { CandidatesPruned, Decision, RunEvent, StepAppended } from './events';
import { percent, visible } from './spelling';
import { leaves } from './ticks';

const RULES: Record<string, string> = {
  posterior: 'posterior',
  attention: 'attention received',
  relative_attention: 'attention relative to its step’s best'
};

/** Rules whose scores are shares of a whole, and so read as percent. */
const SHARES = new Set(['posterior', 'attention', 'relative_attention']);

const EFFECTS: Record<string, string> = {
  dropped: 'dropped',
  pruned: 'pruned',
  descendant: 'pruned',
  weakened: 'weakened',
  unattended: 'hid from later steps',
  position_removed: 'removed'
};

export const ruleName = (rule: string): string => RULES[rule] ?? rule.replace(/_/g, ' ');

/** A score as its rule means it: 0.004 of the posterior is "0.40 %". */
export function scoreOf(rule: string, score: number | null): string {
  if (score === null) return 'no score';
  return SHARES.has(rule) ? percent(score) : score.toPrecision(3);
}

/** Why a decision fell: "posterior 0.40 % below 2.00 %". */
export function causeOf(decision: Decision): string {
  const { rule, score, threshold } = decision;
  if (decision.effect === 'descendant') return 'its only way there was pruned';
  if (score === null || threshold === null) return ruleName(rule);
  const held = score < threshold ? 'below' : 'against';
  return `${ruleName(rule)} ${scoreOf(rule, score)} ${held} ${scoreOf(rule, threshold)}`;
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** A token in quotes; isolated, so that right-to-left text does not turn the words around it. */
const quoted = (text: string): string => `“\u2068${visible(text)}\u2069”`;

/** Steps at which the best path stands on another token since an event. */
const changedSteps = (event: StepAppended | CandidatesPruned): number[] =>
  (event.chain_changes ?? []).filter((one) => one.to !== null).map((one) => one.step);

const textChanged = (steps: readonly number[]): string =>
  `the text changed at ${steps.length === 1 ? 'step' : 'steps'} ${list(steps)}`;

function appended(event: StepAppended): string {
  const kept = event.candidates.filter((one) => one.state === 'kept' || one.state === 'finished');
  const lead = event.candidates[event.primary];
  const parts = [
    `step ${event.step} appended: ${kept.length} kept of ${event.candidates.length}` +
      (lead ? `; ${quoted(lead.text)} leads with ${percent(lead.p)}` : '')
  ];
  const dropped = event.dropped ?? [];
  if (dropped.length) {
    const text = event.candidates.find((one) => one.id === dropped[0]!.token_id)?.text;
    const more = dropped.length > 1 ? ` and ${counted(dropped.length - 1, 'other')}` : '';
    const what = text === undefined ? 'a token' : quoted(text);
    parts.push(`dropped ${what}${more}: ${causeOf(dropped[0]!)}`);
  }
  const earlier = changedSteps(event).filter((step) => step < event.step);
  if (earlier.length) parts.push(textChanged(earlier));
  return parts.join('; ');
}

function pruned(event: CandidatesPruned, textOf: TextOf): string {
  const items = event.items;
  // What was judged itself says why; descendants went with it.
  const first =
    items.find((one) => leaves(one.effect) && one.effect !== 'descendant') ??
    items.find((one) => leaves(one.effect)) ??
    items[0];
  const moment = event.at_step === null ? 'pruning' : `step ${event.at_step}`;
  const parts: string[] = [];
  if (first) {
    const text = textOf(event, first);
    const what = text === null ? `token ${first.token_id}` : quoted(text);
    const effect = EFFECTS[first.effect] ?? first.effect;
    parts.push(`${moment} ${effect} ${what} of step ${first.step}: ${causeOf(first)}`);
    const others = items.filter((one) => one !== first);
    const gone = others.filter((one) => leaves(one.effect)).length;
    const weakened = others.length - gone;
    const said = [
      ...(gone ? [`${gone} more left`] : []),
      ...(weakened ? [`${weakened} more weakened`] : [])
    ];
    if (said.length) parts.push(said.join(', '));
  }
  if (event.removed.length) {
    parts.push(
      `${moment} removed ${event.removed.length === 1 ? 'step' : 'steps'} ${list(event.removed)}`
    );
  }
  const changed = changedSteps(event);
  if (changed.length) parts.push(textChanged(changed));
  return parts.join('; ') || `${moment} judged, and pruned nothing`;
}

function list(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 4).join(', ');
  return numbers.length > 4 ? `${shown} and ${numbers.length - 4} more` : shown;
}

/** How to find a judged token's text; null where it is not known. */
export type TextOf = (event: CandidatesPruned, decision: Decision) => string | null;

/** The text of a judged token: told with the pruning, or else when its step was appended. */
export function textFrom(
  events: readonly RunEvent[],
  seenFor: (step: number) => number | null
): TextOf {
  return (event, { step, token_id }) => {
    const told = event.steps.find((one) => one.step === step);
    const appendedAt = events[(seenFor(step) ?? 0) - 1];
    const before = appendedAt?.type === 'step.appended' ? appendedAt : undefined;
    const found = (told ?? before)?.candidates.find((one) => one.id === token_id);
    return found?.text ?? null;
  };
}

/** What an event did, as a phrase that begins in lower case. */
export function describe(event: RunEvent, textOf: TextOf): string {
  switch (event.type) {
    case 'run.started': {
      const asked = `a prompt of ${counted(event.prompt.tokens.length, 'token')}`;
      const from = event.parent ? `, on from step ${event.parent.step} of another run` : '';
      return `the run began: ${asked}${from}, ${event.limits.max_steps} steps at most`;
    }
    case 'step.appended':
      return appended(event);
    case 'candidates.pruned':
      return pruned(event, textOf);
    case 'candidates.judged': {
      const below = event.scores.filter((one) => one.weight < 1).length;
      const judged = counted(event.scores.length, 'earlier candidate');
      return `step ${event.at_step} judged ${judged}, ${below || 'none'} of them below the cut`;
    }
    case 'text.settled':
      return `text settled up to step ${event.steps - 1}: ${quoted(event.text)} cannot change any more`;
    case 'run.stats':
      return `measured: ${Math.round(event.tok_s)} tokens a second, ${event.kv_tokens} cache rows`;
    case 'run.finished':
      return `the run ended after ${counted(event.steps, 'step')}: ${reasonOf(event.reason)}`;
    case 'run.error':
      return `the run failed: ${event.message}`;
    case 'unknown':
      return `an event that this page does not show: ${event.named}`;
  }
}
