import { expect, test } from 'vitest';
import { SCHEMA, spec } from '../../../tests/fake_api';
import { grouped, sought } from './setting_groups';

const names = (list: readonly { name: string }[]) => list.map((one) => one.name);

test('every setting stands somewhere, once', () => {
  const specs = [...SCHEMA.settings, spec('brand_new', { group: 'Brand new' })];
  const { core, groups } = grouped(specs);
  const all = [...core, ...groups.flatMap((group) => group.specs)];
  expect(names(all).sort()).toEqual(names(specs).sort());
  expect(names(groups)).toContain('Brand new');
  expect(names(core)).toEqual(['selection_threshold', 'max_width', 'superposition']);
});

test.each([
  ['WIDTH', ['max_width']],
  ['max width', ['max_width']],
  ['max-width', ['max_width']],
  ['threshold', ['selection_threshold', 'sigmoid_threshold']],
  ['pruning', ['sigmoid_threshold']],
  ['no such', []],
  ['', names(SCHEMA.settings)]
])('%j finds %j', (search, found) => {
  expect(names(sought(SCHEMA.settings, search))).toEqual(found);
});
