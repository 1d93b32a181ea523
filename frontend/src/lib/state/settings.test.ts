import { beforeEach, expect, test } from 'vitest';
import { fakeApi, NOTHING_WRONG } from '../../../tests/fake_api';
import type { SettingsCheck } from '$lib/api/client';
import { SettingsStore } from './settings.svelte';

beforeEach(() => localStorage.clear());

async function loaded(given = {}): Promise<SettingsStore> {
  const store = new SettingsStore(fakeApi(given));
  await store.load();
  return store;
}

test('a value at its default counts as not changed, and a preset is recognised by its values', async () => {
  const store = await loaded();
  store.set('max_width', 16);
  expect(store.preset?.name).toBe('explore');
  store.set('max_width', 8);
  expect(store.changed).toEqual({});
  expect(store.preset?.name).toBe('default');
  store.set('max_width', 3);
  expect(store.preset).toBeNull();
});

test('values are kept between visits, and what the service no longer knows is forgotten', async () => {
  (await loaded()).set('max_width', 3);
  localStorage.setItem(
    'tempo.settings',
    JSON.stringify({ ...JSON.parse(localStorage.getItem('tempo.settings')!), gone: 1 })
  );
  expect((await loaded()).changed).toEqual({ max_width: 3 });
});

test.each(['null', '"x"', '{', '[1]'])('%s in the store is no harm', async (text) => {
  localStorage.setItem('tempo.settings', text);
  expect((await loaded()).changed).toEqual({});
});

test('what has no effect is kept and not sent', async () => {
  const check = () =>
    Promise.resolve<SettingsCheck>({
      ...NOTHING_WRONG,
      without_effect: [{ field: 'sigmoid_threshold', needs: 'retroactive_pruning' }]
    });
  const store = await loaded({ check });
  store.set('sigmoid_threshold', false);
  store.set('max_width', 3);
  await store.settled();
  expect(store.changed).toEqual({ sigmoid_threshold: false, max_width: 3 });
  expect(store.sent()).toEqual({ max_width: 3 });
});

test('the newest values are judged at last, and never two questions at once', async () => {
  let open = 0;
  let most = 0;
  const asked: unknown[] = [];
  const check = async (settings: unknown) => {
    most = Math.max(most, ++open);
    asked.push(settings);
    await new Promise((resolve) => setTimeout(resolve, 5));
    open--;
    return NOTHING_WRONG;
  };
  const store = await loaded({ check });
  for (let width = 1; width < 8; width++) store.set('max_width', width);
  await store.settled();
  expect(most).toBe(1);
  expect(asked.at(-1)).toEqual({ max_width: 7 });
  expect(asked.length).toBeLessThan(5);
});

test('a refusal is told at the setting that it names', async () => {
  const store = await loaded();
  store.refused = 'max_width is 40; this service allows at most 32';
  expect(store.refusedName).toBe('max_width');
  expect(store.problems).toEqual({ max_width: store.refused });
  store.refused = 'threshold is 3; it must be from 0 to 1';
  expect(store.refusedName).toBe('selection_threshold');
  store.refused = 'the prompt has 9999 tokens';
  expect(store.refusedName).toBeNull();
  store.refused = 'max_width is 40';
  store.set('selection_threshold', 0.2);
  expect(store.refused).toBeNull();
});

test('what cannot be read as a value makes the settings wrong until it is mended', async () => {
  const store = await loaded();
  store.type('max_width', '"x" is no number');
  expect(store.isValid).toBe(false);
  expect(store.problems.max_width).toBe('"x" is no number');
  store.set('max_width', 4);
  expect(store.isValid).toBe(true);
});
