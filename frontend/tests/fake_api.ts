/** A service that answers what a test gives it. */

import type { Api, SettingsCheck, SettingSpec, SettingsSchema } from '$lib/api/client';
import type { Settings } from '$lib/domain/events';

export const spec = (name: string, given: Partial<SettingSpec> = {}): SettingSpec => ({
  name,
  label: name.replaceAll('_', ' '),
  kind: 'number',
  group: 'Selection',
  meaning: `What ${name} does.`,
  advice: `What to try with ${name}.`,
  allowed: 'from 0 to 1',
  default: 0.1,
  choices: [],
  optional: false,
  least: 0,
  most: 1,
  open_below: false,
  low: 0,
  high: 1,
  step: 0.01,
  also: [],
  ...given
});

export const SCHEMA: SettingsSchema = {
  settings: [
    spec('selection_threshold', { label: 'Threshold', also: ['threshold'] }),
    spec('max_width', {
      label: 'Width at most',
      kind: 'integer',
      default: 8,
      least: 1,
      most: 64,
      low: 1,
      high: 32,
      step: 1,
      allowed: 'from 1 to 64'
    }),
    spec('superposition', {
      group: 'Attention',
      kind: 'choice',
      default: 'lineage',
      choices: ['lineage', 'uniform'],
      least: null,
      most: null
    }),
    spec('top_k', {
      group: 'Logits processors',
      kind: 'integer',
      default: null,
      optional: true,
      least: 0,
      most: null,
      high: 100
    }),
    spec('stop', { group: 'Stopping', kind: 'texts', default: [], least: null, most: null }),
    spec('sigmoid_threshold', { group: 'Pruning', kind: 'boolean', default: true })
  ],
  presets: [
    { name: 'default', label: 'Default', meaning: 'As it comes.', settings: {} },
    { name: 'explore', label: 'Explore', meaning: 'Keeps more.', settings: { max_width: 16 } }
  ],
  limits: { max_prompt_bytes: 100, max_prompt_tokens: 50, max_steps: 200, max_width: 32 }
};

export const NOTHING_WRONG: SettingsCheck = { errors: [], without_effect: [], curve: null };

const unasked = (): never => {
  throw new Error('the test gives no answer to this');
};

export function fakeApi(given: Partial<Api> = {}): Api & { checked: Settings[] } {
  const checked: Settings[] = [];
  return {
    checked,
    schema: () => Promise.resolve(SCHEMA),
    check: (settings) => {
      checked.push(settings);
      return Promise.resolve(NOTHING_WRONG);
    },
    models: () =>
      Promise.resolve([{ id: 'fake', fingerprint: 'f', context: 512, vocabulary: 100 }]),
    ready: () => Promise.resolve(true),
    begin: unasked,
    fork: unasked,
    cancel: unasked,
    run: unasked,
    runs: () => Promise.resolve({ runs: [], before: null }),
    attention: unasked,
    open: () => new Promise(() => undefined),
    ...given
  };
}
