import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick, type Component } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import Harness from '../../../../tests/Harness.svelte';
import { fakeApi, NOTHING_WRONG, SCHEMA } from '../../../../tests/fake_api';
import type { Api, SettingsCheck } from '$lib/api/client';
import { ApiError } from '$lib/api/client';
import RunForm from '$lib/components/runs/RunForm.svelte';
import { App } from '$lib/state/app.svelte';
import SettingsPanel from './SettingsPanel.svelte';

beforeEach(() => {
  localStorage.clear();
  Element.prototype.scrollIntoView = vi.fn();
});

async function panel(
  given: Partial<Api> = {},
  part: Component<never> = SettingsPanel
): Promise<App> {
  const app = new App(fakeApi(given));
  await app.connection.open();
  render(Harness, { app, part });
  app.settings.isOpen = true;
  await tick();
  return app;
}

const judging = (said: Partial<SettingsCheck>) => ({
  check: () => Promise.resolve({ ...NOTHING_WRONG, ...said })
});

test('every setting has a label, a control and a help', async () => {
  await panel();
  for (const spec of SCHEMA.settings) {
    const control = document.getElementById(`setting-${spec.name}`)!;
    expect(document.querySelector(`label[for="${control.id}"]`)).toHaveTextContent(spec.label);
    expect(
      screen.getByRole('button', { name: `Help on ${spec.label}`, hidden: true })
    ).toBeInTheDocument();
  }
});

test('slider and field are in step', async () => {
  const app = await panel();
  const user = userEvent.setup();
  const field = screen.getByRole('textbox', { name: 'Width at most' });
  await user.clear(field);
  await user.type(field, '12');
  expect(app.settings.value('max_width')).toBe(12);
  expect(screen.getByRole('slider', { name: 'Width at most, slider' })).toHaveValue('12');
  expect(screen.getByRole('button', { name: 'Reset Width at most to 8' })).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Reset Width at most to 8' }));
  expect(field).toHaveValue('8');
  expect(field).toHaveFocus();
});

test('what cannot be read is said at the field, kept as it was typed, and taken back by a reset', async () => {
  const app = await panel();
  const user = userEvent.setup();
  const field = screen.getByRole('textbox', { name: 'Width at most' });
  await user.clear(field);
  await user.type(field, 'x');
  await user.tab();
  expect(field).toHaveValue('x');
  expect(field).toHaveAttribute('aria-invalid', 'true');
  expect(field).toHaveAccessibleDescription(/“x” is no number; from 1 to 64/);
  expect(app.blocked).toBe('A setting is wrong.');
  await user.click(screen.getByRole('button', { name: 'Reset Width at most to 8' }));
  expect(field).toHaveValue('8');
  expect(app.blocked).toBeNull();
});

test("the service's own words stand at the field", async () => {
  const message = 'max_width is 99; it must be from 1 to 64';
  await panel(judging({ errors: [{ field: 'max_width', message }] }));
  const field = screen.getByRole('textbox', { name: 'Width at most' });
  expect(field).toHaveAttribute('aria-invalid', 'true');
  expect(field).toHaveAccessibleDescription(message);
});

test('an error of no field is told once for all', async () => {
  await panel(judging({ errors: [{ field: null, message: 'two things exclude each other' }] }));
  expect(screen.getByRole('alert')).toHaveTextContent('two things exclude each other');
});

test('a setting without effect says why, is reached, and keeps its value', async () => {
  const without_effect = [{ field: 'max_width', needs: 'superposition lineage' }];
  const app = await panel(judging({ without_effect }));
  const user = userEvent.setup();
  const field = screen.getByRole('textbox', { name: 'Width at most' });
  expect(field).toHaveAttribute('aria-disabled', 'true');
  expect(field).toHaveAccessibleDescription(/No effect now: it needs superposition lineage/);
  field.focus();
  expect(field).toHaveFocus();
  await user.keyboard('5');
  const slider = screen.getByRole('slider', { name: 'Width at most, slider' }) as HTMLInputElement;
  slider.value = '20';
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  expect(slider.value).toBe('8');
  expect(app.settings.changed).toEqual({});
  await user.click(screen.getByRole('button', { name: 'Show superposition' }));
  await vi.waitFor(() => expect(screen.getByLabelText('superposition')).toHaveFocus());
});

test('help opens by pointing, focus and click, and Esc closes it', async () => {
  await panel();
  const user = userEvent.setup();
  const button = screen.getByRole('button', { name: 'Help on Threshold' });
  await user.click(button);
  const tip = screen.getByRole('tooltip');
  expect(tip).toHaveTextContent('What selection_threshold does.');
  expect(tip).toHaveTextContent('What to try with selection_threshold.');
  expect(tip).toHaveTextContent('from 0 to 1');
  expect(tip).toHaveTextContent('--selection-threshold');
  expect(button).toHaveAccessibleDescription(/What to try/);
  await user.keyboard('{Escape}');
  expect(screen.queryByRole('tooltip')).toBeNull();
  await user.unhover(button);
  await user.hover(button);
  expect(await screen.findByRole('tooltip')).toBeVisible();
  await user.unhover(button);
  await vi.waitFor(() => expect(screen.queryByRole('tooltip')).toBeNull());
});

test('an optional setting is off until it is switched on', async () => {
  const app = await panel();
  const user = userEvent.setup();
  const group = screen.getByText('Logits processors').closest('details')!;
  group.open = true;
  await user.click(within(group).getByRole('switch', { name: 'top k' }));
  expect(app.settings.value('top_k')).toBe(50);
  await user.click(within(group).getByRole('switch', { name: 'top k' }));
  expect(app.settings.changed).toEqual({});
});

test('texts are added, changed and removed, line breaks as \\n', async () => {
  const app = await panel();
  const user = userEvent.setup();
  screen.getByText('Stopping').closest('details')!.open = true;
  await user.type(screen.getByRole('textbox', { name: 'stop' }), '\\n\\n{Enter}');
  expect(app.settings.value('stop')).toEqual(['\n\n']);
  const one = screen.getByRole('textbox', { name: 'stop, text 1' });
  expect(one).toHaveValue('\\n\\n');
  await user.click(screen.getByRole('button', { name: 'Remove \\n\\n' }));
  expect(app.settings.changed).toEqual({});
});

test('search leaves what is sought', async () => {
  await panel();
  await userEvent.type(screen.getByRole('searchbox'), 'top-k');
  expect(document.querySelectorAll('.setting')).toHaveLength(1);
  await userEvent.type(screen.getByRole('searchbox'), 'xyz');
  expect(screen.getByRole('status')).toHaveTextContent('No setting is called “top-kxyz”.');
});

test('a preset is chosen, says when it was changed, and reset all can be undone', async () => {
  const app = await panel();
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name: 'Preset: Default' }));
  await user.click(screen.getByRole('radio', { name: /Explore/ }));
  expect(app.settings.changed).toEqual({ max_width: 16 });
  app.settings.set('selection_threshold', 0.2);
  expect(await screen.findByRole('button', { name: 'Preset: Explore, changed' })).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Reset all' }));
  expect(app.settings.changed).toEqual({});
  app.toasts.at(-1)!.action!.run();
  expect(app.settings.changed).toEqual({ max_width: 16, selection_threshold: 0.2 });
});

test('what differs from the defaults is listed', async () => {
  const app = await panel();
  app.settings.set('max_width', 3);
  await tick();
  const row = screen.getByRole('row', { name: /Width at most/, hidden: true });
  expect(row).toHaveTextContent(/8\s*→\s*3/);
});

test('the curve is drawn, with its sentence as its name', async () => {
  const sentence = 'selection_threshold goes from 0.1 at step 0 to 0.4 at step 9';
  const points: [number, number][] = [
    [0, 0.1],
    [9, 0.4]
  ];
  await panel(
    judging({ curve: { setting: 'selection_threshold', shape: 'linear', sentence, points } })
  );
  expect(screen.getByRole('img', { name: `${sentence}.` })).toBeInTheDocument();
});

test('Generate says why it cannot, and leads to what is wrong', async () => {
  const message = 'max_width is 99; it must be from 1 to 64';
  const app = await panel(judging({ errors: [{ field: 'max_width', message }] }), RunForm);
  const button = screen.getByRole('button', { name: 'Generate' });
  expect(button).toBeDisabled();
  expect(button).toHaveAccessibleDescription(/A setting is wrong/);
  expect(screen.getByRole('button', { name: 'Show Width at most' })).toBeVisible();
  app.prompt = ' ';
  await tick();
  expect(button).toHaveAccessibleDescription(/Write a prompt first/);
  app.prompt = 'é'.repeat(60);
  await tick();
  expect(button).toHaveAccessibleDescription(/120 bytes; this service takes 100/);
});

test('a refusal of the prompt is told at the prompt', async () => {
  const begin = () => Promise.reject(new ApiError('the prompt has 999 tokens', 'too_long', 422));
  const app = await panel({ begin }, RunForm);
  await app.generate();
  await tick();
  const prompt = screen.getByRole('textbox', { name: 'Prompt' });
  expect(prompt).toHaveAttribute('aria-invalid', 'true');
  expect(prompt).toHaveAccessibleDescription(/the prompt has 999 tokens/);
});
