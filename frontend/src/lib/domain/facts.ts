/** What is known of a run beside its steps. */

import type { SettingSpec, RunResult } from '$lib/api/client';
import type { RunEvent, Settings, SettingValue } from './events';
import type { RunView } from './view';

export interface SettingFact {
  name: string;
  label: string;
  group: string;
  value: string;
  /** the default, where the value differs from it */
  otherwise: string | null;
}

export function saidValue(value: SettingValue | undefined): string {
  if (value === null || value === undefined) return 'off';
  if (value === true) return 'on';
  if (value === false) return 'off';
  if (Array.isArray(value))
    return value.length ? value.map((one) => `“${one}”`).join(', ') : 'none';
  return String(value);
}

/** A run's settings: those that differ from the defaults, and the others. */
export function settingFacts(
  settings: Settings,
  specs: readonly SettingSpec[]
): { differing: SettingFact[]; others: SettingFact[] } {
  const differing: SettingFact[] = [];
  const others: SettingFact[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const spec = specs.find((one) => one.name === name);
    const isDefault = spec === undefined || JSON.stringify(spec.default) === JSON.stringify(value);
    const fact: SettingFact = {
      name,
      label: spec?.label ?? name.replace(/_/g, ' '),
      group: spec?.group ?? '',
      value: saidValue(value),
      otherwise: isDefault ? null : saidValue(spec.default)
    };
    (isDefault ? others : differing).push(fact);
  }
  return { differing, others };
}

const TIMES: Record<string, string> = {
  queue_time: 'waited in the queue',
  generation_time: 'generated in',
  pruning_time: 'of that, pruning',
  elapsed_time: 'in all'
};

/** Seconds as a reader wants them. */
export const seconds = (value: number): string =>
  value < 1 ? `${Math.round(1000 * value)} ms` : `${value.toFixed(2)} s`;

/** Times that the service tells once a run is over. */
export const timeFacts = (result: RunResult | null): { label: string; value: string }[] =>
  Object.entries(result?.timing ?? {}).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [{ label: TIMES[name] ?? name.replace(/_/g, ' '), value: seconds(value) }]
      : []
  );

/** What it cost, as the service counts it. */
export const costFacts = (result: RunResult | null): { label: string; value: string }[] =>
  Object.entries(result?.cost ?? {}).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [{ label: name.replace(/_/g, ' '), value: String(Number(value.toPrecision(5))) }]
      : []
  );

export function median(values: readonly number[]): number | null {
  const ordered = [...values].sort((one, other) => one - other);
  const middle = ordered.length >> 1;
  if (!ordered.length) return null;
  return ordered.length % 2 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2;
}

/** Milliseconds from the run's beginning to its first step, and between steps. */
export function paces(
  view: RunView,
  events: readonly RunEvent[]
): { toFirst: number | null; perStep: number | null } {
  const started = events[0]?.t_ms ?? 0;
  const times = view.steps.flatMap((step) => (step ? [step.at] : []));
  const between = times.slice(1).map((time, place) => time - times[place]!);
  return {
    toFirst: times[0] === undefined ? null : times[0] - started,
    perStep: median(between)
  };
}
