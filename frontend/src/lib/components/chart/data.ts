/** What every chart of the panel gets. */

import type { StepFigures } from '$lib/domain/series';
import type { RunView } from '$lib/domain/view';
import type { RunStore } from '$lib/state/run.svelte';
import type { Cursor } from './cursor.svelte';
import type { Axis } from './frame';

export interface ChartData {
  run: RunStore;
  view: RunView;
  /** of the steps at the moment shown */
  figures: readonly StepFigures[];
  /** of all the run's steps, so that axes stay while it is replayed */
  all: readonly StepFigures[];
  cursor: Cursor;
  /** the axis that the charts of steps share */
  steps: Axis;
}

export const whole = (value: number): string => String(value);
export const share = (value: number): string => {
  const percent = 100 * value;
  return `${percent >= 1 ? Math.round(percent) : Number(percent.toPrecision(1))} %`;
};

/** The greatest of some values, and at least so much. */
export const greatest = <T>(list: readonly T[], of: (one: T) => number, least: number): number =>
  list.reduce((most, one) => Math.max(most, of(one)), least);
