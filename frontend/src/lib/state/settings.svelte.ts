/** The settings of the next run: the server's schema, the user's values, and what it says of them. */

import { ApiError, type Api, type Preset, type SettingsCheck } from '$lib/api/client';
import type { SettingSpec, SettingsSchema } from '$lib/api/client';
import type { Settings, SettingValue } from '$lib/domain/events';
import { keep, kept } from './keeping';

const KEY = 'tempo.settings';
const WAIT = 120;

const same = (one: SettingValue | undefined, other: SettingValue): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const only = (settings: Settings, wanted: (name: string) => boolean): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => wanted(name)));

export class SettingsStore {
  schema = $state.raw<SettingsSchema | null>(null);
  /** Values that differ from the defaults. */
  changed = $state.raw<Settings>(kept<Settings>(KEY, {}));
  checked = $state.raw<SettingsCheck>({ errors: [], without_effect: [], curve: null });
  /** What the service refused about fields when a run was asked for. */
  refused = $state<string | null>(null);

  readonly specs = $derived<readonly SettingSpec[]>(this.schema?.settings ?? []);
  readonly presets = $derived<readonly Preset[]>(this.schema?.presets ?? []);
  /** By setting: what it needs to have an effect. */
  readonly needs = $derived<Readonly<Record<string, string>>>(
    Object.fromEntries(this.checked.without_effect.map((one) => [one.field, one.needs]))
  );
  /** By setting: what is wrong with its value. */
  readonly errors = $derived<Readonly<Record<string, string>>>(
    Object.fromEntries(this.checked.errors.map((one) => [one.field ?? '', one.message]))
  );
  /** Which preset the values are those of, if any. */
  readonly preset = $derived(
    this.presets.find((one) => sameSettings(one.settings, this.changed)) ?? null
  );
  readonly isValid = $derived(this.checked.errors.length === 0);

  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    this.schema = await this.api.schema();
    const isKnown = (name: string) => this.specs.some((one) => one.name === name);
    this.changed = only(this.changed, isKnown);
    await this.check();
  }

  value(name: string): SettingValue {
    const given = this.changed[name];
    if (given !== undefined) return given;
    return this.specs.find((one) => one.name === name)?.default ?? null;
  }

  set(name: string, value: SettingValue): void {
    const spec = this.specs.find((one) => one.name === name);
    const isDefault = spec !== undefined && same(spec.default, value);
    this.replace({ ...this.without(name), ...(isDefault ? {} : { [name]: value }) });
  }

  reset(name?: string): void {
    this.replace(name === undefined ? {} : this.without(name));
  }

  apply(settings: Settings): void {
    const differing = Object.entries(settings).filter(([name, value]) => {
      const spec = this.specs.find((one) => one.name === name);
      return spec && !same(spec.default, value);
    });
    this.replace(Object.fromEntries(differing));
  }

  /** What a run is asked with: what differs from the defaults and has an effect. */
  sent(): Settings {
    return only(this.changed, (name) => !(name in this.needs));
  }

  private without(name: string): Settings {
    return only(this.changed, (one) => one !== name);
  }

  private replace(changed: Settings): void {
    this.changed = changed;
    this.refused = null;
    keep(KEY, changed);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(), WAIT);
  }

  private async check(): Promise<void> {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    try {
      this.checked = await this.api.check(this.changed, asking.signal);
    } catch (error) {
      const isOld = error instanceof DOMException && error.name === 'AbortError';
      if (!isOld && !(error instanceof ApiError)) throw error;
    }
  }
}

export function sameSettings(one: Settings, other: Settings): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => name in other && same(one[name], other[name]!))
  );
}
