/** Which settings stand where in the form. */

import type { SettingSpec } from '$lib/api/client';
import { labelOf } from './settings_difference';

/** What a first visitor will want; all others stand in their groups. */
const CORE = [
  'max_steps',
  'selection_threshold',
  'max_width',
  'superposition',
  'retroactive_pruning',
  'dynamic_threshold'
];

export interface SettingGroup {
  name: string;
  specs: SettingSpec[];
}

/** The settings that are always shown, and the groups of all others in the server's order. */
export function grouped(specs: readonly SettingSpec[]): {
  core: SettingSpec[];
  groups: SettingGroup[];
} {
  const core = CORE.flatMap((name) => specs.filter((one) => one.name === name));
  const groups: SettingGroup[] = [];
  for (const spec of specs) {
    if (core.includes(spec)) continue;
    const group = groups.find((one) => one.name === spec.group);
    if (group) group.specs.push(spec);
    else groups.push({ name: spec.group, specs: [spec] });
  }
  return { core, groups };
}

/** Settings whose name, label or other names hold every word. */
export function sought(specs: readonly SettingSpec[], search: string): SettingSpec[] {
  const words = search
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter(Boolean);
  return specs.filter((spec) => {
    const names = [spec.name, labelOf(spec), spec.group, ...spec.also].join(' ');
    const text = names.toLowerCase().replace(/[_-]/g, ' ');
    return words.every((word) => text.includes(word));
  });
}
