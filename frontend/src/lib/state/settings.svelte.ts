/** The settings of the next run: the server's schema, the user's values, and what it says of them. */

import { ApiError, type Api, type Preset, type SettingsCheck } from '$lib/api/client';
import type { SettingSpec, SettingsSchema } from '$lib/api/client';
import type { Settings, SettingValue } from '$lib/domain/events';
import { keep, kept } from './keeping';

const KEY = 'tempo.settings';
const CHOSEN = 'tempo.preset';
/** Milliseconds between two questions to the service while a slider moves. */
const PACE = 40;

const same = (one: SettingValue | undefined, other: SettingValue): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const only = (settings: Settings, wanted: (name: string) => boolean): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => wanted(name)));

function keptSettings(): Settings {
  const found = kept<unknown>(KEY, {});
  return found !== null && typeof found === 'object' ? (found as Settings) : {};
}

export class SettingsStore {
  schema = $state.raw<SettingsSchema | null>(null);
  /** Values that differ from the defaults. */
  changed = $state.raw<Settings>(keptSettings());
  checked = $state.raw<SettingsCheck>({ errors: [], without_effect: [], curve: null });
  /** What the service refused about fields when a run was asked for. */
  refused = $state<string | null>(null);
  /** By setting: why what is typed there is no value. */
  unreadable = $state.raw<Readonly<Record<string, string>>>({});
  /** What is looked for among the settings. */
  search = $state('');
  /** Whether the settings are shown. */
  isOpen = $state(true);
  /** The preset that was chosen last. */
  chosen = $state<string | null>(kept<string | null>(CHOSEN, null));

  readonly specs = $derived<readonly SettingSpec[]>(this.schema?.settings ?? []);
  readonly limits = $derived<Readonly<Record<string, number>>>(this.schema?.limits ?? {});
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
    this.presets.find((one) => sameSettings(this.departing(one.settings), this.changed)) ?? null
  );
  /** The setting that a refusal names, if any. */
  readonly refusedName = $derived(this.named(this.refused));
  /** By setting: what is to be told at it. */
  readonly problems = $derived<Readonly<Record<string, string>>>({
    ...(this.refusedName !== null && this.refused !== null
      ? { [this.refusedName]: this.refused }
      : {}),
    ...this.errors,
    ...this.unreadable
  });
  readonly isValid = $derived(
    this.checked.errors.length === 0 && Object.keys(this.unreadable).length === 0
  );

  private checking: Promise<void> | null = null;
  private isStale = false;

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
    this.type(name, null);
    const isDefault = spec !== undefined && same(spec.default, value);
    this.replace({ ...this.without(name), ...(isDefault ? {} : { [name]: value }) });
  }

  reset(name?: string): void {
    if (name === undefined) this.unreadable = {};
    else this.type(name, null);
    this.replace(name === undefined ? {} : this.without(name));
  }

  apply(settings: Settings): void {
    this.unreadable = {};
    this.replace(this.departing(settings));
  }

  /** What a run is asked with: what differs from the defaults and has an effect. */
  sent(): Settings {
    return only(this.changed, (name) => !(name in this.needs));
  }

  private departing(settings: Settings): Settings {
    return only(settings, (name) => {
      const spec = this.specs.find((one) => one.name === name);
      return spec !== undefined && !same(spec.default, settings[name]!);
    });
  }

  private without(name: string): Settings {
    return only(this.changed, (one) => one !== name);
  }

  /** Take what is typed for a value of a setting, or say why it is none. */
  type(name: string, problem: string | null): void {
    const { [name]: before, ...others } = this.unreadable;
    if ((before ?? null) === problem) return;
    this.unreadable = problem === null ? others : { ...others, [name]: problem };
  }

  /** Take a preset's settings in place of all others. */
  choose(preset: Preset): void {
    this.chosen = preset.name;
    keep(CHOSEN, preset.name);
    this.apply(preset.settings);
  }

  /** Wait until the newest values have been judged. */
  async settled(): Promise<void> {
    while (this.checking) await this.checking;
  }

  private replace(changed: Settings): void {
    this.changed = changed;
    this.refused = null;
    keep(KEY, changed);
    void this.check();
  }

  /** The setting that a message is about: the service begins with its name. */
  private named(message: string | null): string | null {
    const name = /^[a-z0-9_]+/.exec(message ?? '')?.[0];
    const found = this.specs.find((one) => one.name === name || one.also.includes(name ?? ''));
    return found?.name ?? null;
  }

  /**
   * Have the values judged: at once, and again whenever they have changed meanwhile, so that what is
   * shown follows a slider while it moves.
   */
  private check(): Promise<void> {
    this.isStale = true;
    this.checking ??= this.judge().finally(() => (this.checking = null));
    return this.checking;
  }

  private async judge(): Promise<void> {
    while (this.isStale) {
      this.isStale = false;
      try {
        this.checked = await this.api.check(this.changed);
      } catch (error) {
        // The service is away or too old to ask; it judges when a run is asked for.
        if (!(error instanceof ApiError)) throw error;
      }
      if (this.isStale) await new Promise((resolve) => setTimeout(resolve, PACE));
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
