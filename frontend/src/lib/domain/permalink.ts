/** What a link reopens: everything of a view that is worth sharing, in the address's fragment. */

export const TABS = ['text', 'tree', 'details', 'chart', 'compare'] as const;
export type Tab = (typeof TABS)[number];

export const TINTS = ['off', 'entropy', 'probability', 'width', 'prunings'] as const;
export type Tint = (typeof TINTS)[number];

export interface Place {
  run: string | null;
  tab: Tab;
  /** the step in focus */
  step: number | null;
  /** the run beside it */
  compare: string | null;
  /** how many events are shown; null for all there are */
  seen: number | null;
  tint: Tint;
  /** kept alternatives shown as [a|b] */
  bracketed: boolean;
  /** which of the n best texts is shown; 0 is the best */
  path: number;
}

export const START: Place = {
  run: null,
  tab: 'text',
  step: null,
  compare: null,
  seen: null,
  tint: 'entropy',
  bracketed: false,
  path: 0
};

const RUN = /^[\w-]{1,64}$/;

const named = <T extends string>(names: readonly T[], value: string | null, otherwise: T): T =>
  names.find((name) => name === value) ?? otherwise;

const whole = (value: string | null): number | null =>
  value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null;

const run = (value: string | null): string | null =>
  value !== null && RUN.test(value) ? value : null;

/** Read a fragment; whatever is wrong in it counts as not said. */
export function readPlace(fragment: string): Place {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split('?', 2);
  const [kind, name] = path.split('/');
  const said = new URLSearchParams(query);
  return {
    run: kind === 'run' ? run(name ?? null) : null,
    tab: named(TABS, said.get('tab'), START.tab),
    step: whole(said.get('step')),
    compare: run(said.get('cmp')),
    seen: whole(said.get('at')),
    tint: named(TINTS, said.get('tint'), START.tint),
    bracketed: said.get('brackets') === '1',
    path: whole(said.get('path')) ?? 0
  };
}

/** Write a place as a fragment; what is as at the start is left out. */
export function writePlace(place: Place): string {
  const said = new URLSearchParams();
  if (place.tab !== START.tab) said.set('tab', place.tab);
  if (place.step !== null) said.set('step', String(place.step));
  if (place.compare !== null) said.set('cmp', place.compare);
  if (place.seen !== null) said.set('at', String(place.seen));
  if (place.tint !== START.tint) said.set('tint', place.tint);
  if (place.bracketed) said.set('brackets', '1');
  if (place.path) said.set('path', String(place.path));
  const query = said.toString();
  return `#/${place.run === null ? '' : `run/${place.run}`}${query ? `?${query}` : ''}`;
}
