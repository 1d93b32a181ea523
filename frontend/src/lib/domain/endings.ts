/** Why a run ended, in words. */

import type { RunView } from './view';

const REASONS: Record<string, string> = {
  eos: 'the text ended',
  stop: 'a stop text came',
  max_steps: 'all steps are done',
  context: 'the model’s context is full',
  max_cache_tokens: 'the cache holds as many rows as it may',
  max_memory_gb: 'the memory that may be held is used',
  cancelled: 'stopped by you',
  timeout: 'the time was up',
  interrupted: 'the service was stopped'
};

export const reasonOf = (reason: string): string => REASONS[reason] ?? reason;

/** What a screen reader is told when a run is over; null while it goes on. */
export function endOf(view: RunView): string | null {
  if (!view.ending) return null;
  const count = view.steps.filter((step) => step !== undefined).length;
  const words = view.ending.error?.message ?? reasonOf(view.ending.reason);
  return `Generation ended after ${count} ${count === 1 ? 'step' : 'steps'}: ${words}.`;
}
