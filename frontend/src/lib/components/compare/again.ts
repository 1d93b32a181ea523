/** The same prompt once more with another setting, beside the run that is shown. */

import { ApiError, type SettingSpec } from '$lib/api/client';
import type { Settings } from '$lib/domain/events';
import { departures, labelOf, shownValue } from '$lib/domain/settings_difference';
import type { App } from '$lib/state/app.svelte';
import type { RunStore } from '$lib/state/run.svelte';

export interface Variation {
  label: string;
  change: Settings;
}

/** Settings whose effect is worth seeing side by side. */
const TELLING = ['superposition', 'retroactive_pruning', 'pruning_strategy'];
/** What the run is compared with first. */
const FIRST = { name: 'superposition', value: 'uniform', otherwise: 'lineage' };

/** What else a run could have been asked with, the most telling first. */
export function variationsOf(specs: readonly SettingSpec[], settings: Settings): Variation[] {
  const found = TELLING.flatMap((name) => {
    const spec = specs.find((one) => one.name === name);
    const now = settings[name] ?? spec?.default;
    const others = spec?.choices.filter((choice) => choice !== now && choice !== 'on') ?? [];
    return others.map((choice): Variation => {
      const label = `${labelOf(spec!)}: ${shownValue(choice)}`;
      return { label, change: { [name]: choice } };
    });
  });
  const first = settings[FIRST.name] === FIRST.value ? FIRST.otherwise : FIRST.value;
  const rank = ({ change }: Variation) => (change[FIRST.name] === first ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Begin that run and put it beside; what the change leaves without effect is not asked for. */
export async function runAgain(app: App, run: RunStore, change: Settings): Promise<void> {
  const prompt = run.live.prompt.text;
  if (prompt === null) return;
  const { specs } = app.settings;
  const wanted = departures({ ...run.live.settings, ...change }, specs);
  try {
    const { without_effect } = await app.api.check(wanted).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return { without_effect: [] };
      throw error;
    });
    const idle = new Set(without_effect.map((one) => one.field));
    const sent = Object.fromEntries(Object.entries(wanted).filter(([name]) => !idle.has(name)));
    app.compareWith(await app.api.begin(prompt, sent));
    app.announcement = 'The second run started.';
    await app.refresh();
  } catch (error) {
    const again = { label: 'Try again', run: () => void runAgain(app, run, change) };
    app.tell('error', app.connection.note(error), again);
  }
}
