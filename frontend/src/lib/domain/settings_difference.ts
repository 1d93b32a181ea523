/** Settings as words, and what differs between two of them. */

import type { Settings, SettingValue } from './events';

/** As much of a setting's description as is needed here. */
export interface Described {
  name: string;
  label?: string;
  default: SettingValue;
}

export interface SettingDifference {
  name: string;
  label: string;
  one: SettingValue;
  other: SettingValue;
}

/** A value as a reader would write it. */
export function shownValue(value: SettingValue | undefined): string {
  if (value === null || value === undefined) return 'off';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) {
    return value.length ? value.map((text) => JSON.stringify(text)).join(', ') : 'none';
  }
  return String(value);
}

/** A setting's name as words, for a server that tells no label. */
export function labelOf(spec: { name: string; label?: string }): string {
  if (spec.label) return spec.label;
  const words = spec.name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const isSame = (one: SettingValue, other: SettingValue): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** What differs, in the order of the descriptions; what is not said counts as the default. */
export function settingsDifference(
  one: Settings,
  other: Settings,
  specs: readonly Described[]
): SettingDifference[] {
  const known = new Set(specs.map((spec) => spec.name));
  const more = [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter((name) => !known.has(name))
    .map((name): Described => ({ name, default: null }));
  return [...specs, ...more].flatMap((spec) => {
    const values = [one, other].map((given) => given[spec.name] ?? spec.default) as [
      SettingValue,
      SettingValue
    ];
    if (isSame(...values)) return [];
    return [{ name: spec.name, label: labelOf(spec), one: values[0], other: values[1] }];
  });
}

/** What a run was asked with beyond the defaults. */
export function departures(settings: Settings, specs: readonly Described[]): Settings {
  return Object.fromEntries(
    specs.flatMap(({ name, default: usual }) => {
      const value = settings[name];
      return value === undefined || isSame(value, usual) ? [] : [[name, value]];
    })
  );
}
