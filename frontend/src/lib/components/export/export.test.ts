import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import Harness from '../../../../tests/Harness.svelte';
import { fakeApi } from '../../../../tests/fake_api';
import lattice from '../../../../tests/fixtures/lattice.json';
import { RUNS } from '../../../../tests/fixtures/runs';
import { writeRun } from '$lib/domain/run_file';
import { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';
import ExportMenu from './ExportMenu.svelte';
import { open } from './opening';
import { pictureOf } from './picture';

const { events } = RUNS.pruned;
const jsonFile = (content: string, name = 'a.json') => new File([content], name);

let saved: { name: string; content: Promise<string> }[] = [];

beforeEach(() => {
  saved = [];
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  let last: Blob;
  URL.createObjectURL = (blob) => {
    last = blob as Blob;
    return 'blob:x';
  };
  URL.revokeObjectURL = vi.fn();
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
    this: HTMLAnchorElement
  ) {
    saved.push({ name: this.download, content: last.text() });
  });
});

afterEach(() => vi.restoreAllMocks());

function menu(run: RunStore | null = RunStore.kept('one', events, null)): App {
  const app = new App(fakeApi());
  if (run) app.show(run);
  render(Harness, { app, part: ExportMenu });
  return app;
}

const choose = async (name: RegExp): Promise<void> => {
  await userEvent.click(screen.getByRole('button', { name: /Export/ }));
  await userEvent.click(screen.getByRole('menuitem', { name }));
};

test('the menu is moved through by keys, and Esc gives the focus back', async () => {
  menu();
  const user = userEvent.setup();
  const button = screen.getByRole('button', { name: /Export/ });
  button.focus();
  await user.keyboard('{ArrowDown}');
  const items = screen.getAllByRole('menuitem');
  expect(items[0]).toHaveFocus();
  await user.keyboard('{ArrowUp}');
  expect(items.at(-1)).toHaveFocus();
  await user.keyboard('{ArrowDown}t');
  expect(screen.getByRole('menuitem', { name: /^Text/ })).toHaveFocus();
  await user.keyboard('{Home}');
  expect(items[0]).toHaveFocus();
  await user.keyboard('{Escape}');
  expect(screen.queryByRole('menu')).toBeNull();
  expect(button).toHaveFocus();
});

test('without a run only opening a file can be done, and it is said why', async () => {
  menu(null);
  await userEvent.click(screen.getByRole('button', { name: /Export/ }));
  const able = screen.getAllByRole('menuitem').filter((one) => !one.ariaDisabled);
  expect(able.map((one) => one.textContent)).toEqual([expect.stringContaining('Open file…')]);
  await userEvent.click(screen.getByRole('menuitem', { name: /^Run/ }));
  expect(saved).toEqual([]);
  expect(screen.getByRole('menuitem', { name: /^Run/ })).toHaveTextContent('open a run first');
});

test('a saved run opens as the same view', async () => {
  const app = menu();
  const before = app.run!.view;
  await choose(/^Run/);
  expect(saved[0]!.name).toMatch(/^tempo-.*\.run\.json$/);
  await open(app, jsonFile(await saved[0]!.content));
  expect(app.run!.isKept).toBe(true);
  expect(app.run!.view).toEqual(before);
});

test('a lattice document opens, and is saved again as it was', async () => {
  const app = menu(null);
  await open(app, jsonFile(JSON.stringify(lattice.lattice)));
  await tick();
  await choose(/^Lattice document/);
  expect(JSON.parse(await saved[0]!.content)).toEqual(lattice.lattice);
});

test('text and steps are those that are shown', async () => {
  menu();
  await choose(/^Text/);
  expect(await saved[0]!.content).toContain(RUNS.pruned.text);
  await choose(/^Table/);
  expect((await saved[1]!.content).split('\r\n')[0]).toContain('step,token,');
});

test('a broken file says what is wrong and where, and the run that is shown stays', async () => {
  const app = menu();
  const before = app.run;
  const broken = writeRun(events, null).replace('"seq":1,', '"seq":"x",');
  await open(app, jsonFile(broken, 'mine.json'));
  expect(app.run).toBe(before);
  expect(app.toasts.at(-1)).toMatchObject({ kind: 'error' });
  expect(app.toasts.at(-1)!.text).toMatch(/^“mine.json” cannot be opened: events\[1\]/);
});

test('a file that is too large is refused without being read', async () => {
  const app = menu();
  const file = jsonFile('{}', 'huge.json');
  Object.defineProperty(file, 'size', { value: 60 * 1024 * 1024 });
  file.text = vi.fn();
  await open(app, file);
  expect(file.text).not.toHaveBeenCalled();
  expect(app.toasts.at(-1)!.text).toContain('it has 60 MB; files up to 50 MB can be opened');
});

test('a file that is dropped anywhere is opened', async () => {
  const app = menu(null);
  const drop = new Event('drop', { bubbles: true, cancelable: true });
  const files = [jsonFile(writeRun(events, null))];
  Object.assign(drop, { dataTransfer: { types: ['Files'], files } });
  document.body.dispatchEvent(drop);
  expect(drop.defaultPrevented).toBe(true);
  await vi.waitFor(() => expect(app.run?.isKept).toBe(true));
});

test('a run from a file has no link', async () => {
  menu();
  await userEvent.click(screen.getByRole('button', { name: /Export/ }));
  const item = screen.getByRole('menuitem', { name: /Copy link/ });
  expect(item).toHaveAttribute('aria-disabled', 'true');
});

test('the picture stands alone: no class, no id, no script, its colours as attributes', () => {
  document.body.innerHTML = `<style>.a { fill: rgb(1, 2, 3); opacity: 0.5 }</style>
    <div style="background-color: rgb(9, 9, 9)"><svg id="lattice-svg" onclick="x()" viewBox="0 0 10 10">
    <g class="a" data-step="1"><circle r="2" class="a" onfocus="x()"/><text>&lt;script&gt;</text></g></svg></div>`;
  const drawn = document.querySelector('svg')!;
  const { svg } = pictureOf(drawn);
  const picture = new DOMParser().parseFromString(svg, 'image/svg+xml');
  expect(picture.querySelector('parsererror')).toBeNull();
  expect(
    picture.querySelectorAll('[class], [id], [style], [data-step], [onclick], [onfocus]')
  ).toHaveLength(0);
  expect(picture.querySelector('rect')!.getAttribute('fill')).toBe('rgb(9, 9, 9)');
  expect(picture.querySelector('g')!.getAttribute('fill')).toBe('rgb(1, 2, 3)');
  // Inherited once, and what is not inherited at each.
  expect(picture.querySelector('circle')!.getAttribute('opacity')).toBe('0.5');
  expect(picture.querySelector('text')!.hasAttribute('opacity')).toBe(false);
  expect(picture.querySelector('text')!.textContent).toBe('<script>');
  expect(drawn.querySelector('.a')).not.toBeNull();
  document.body.innerHTML = '';
});
