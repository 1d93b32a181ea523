import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import {
  accessible,
  button,
  ended,
  expect,
  generate,
  openTab,
  panel,
  runState,
  shownText,
  test,
  visit,
  watchRun
} from './support/page';
import { longRun, runs } from './support/written';

const words = (text: string) => text.replace(/\s+/g, ' ').trim();
const token = (page: Page, place = 0) =>
  page.getByRole('group', { name: 'Text of the run' }).getByRole('button').nth(place);
const cardDialog = (page: Page) => page.locator('[aria-labelledby=card-title]');
const runOf = (page: Page) => /run\/(\w+)/.exec(page.url())?.[1];

async function saved(page: Page, item: string): Promise<Download> {
  await button(page, /^Export/).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: item }).click();
  return downloading;
}

async function branchOff(page: Page): Promise<void> {
  const parent = runOf(page);
  await token(page, 1).click();
  await cardDialog(page)
    .getByRole('button', { name: /^Branch from here: / })
    .last()
    .click();
  await expect.poll(() => runOf(page)).not.toBe(parent);
  await ended(page);
}

test('3 a word that is pointed at opens its card, and keeps it while the hand is on it', async ({
  page
}) => {
  await visit(page, '/');
  await generate(page);
  await token(page, 2).hover();
  await expect(cardDialog(page)).toBeVisible();
  for (const said of [/%/, /entropy/i, /cover/i, /posterior/i])
    await expect(cardDialog(page)).toContainText(said);
  await cardDialog(page).hover();
  await page.waitForTimeout(400);
  await expect(cardDialog(page)).toBeVisible();
  await page.mouse.move(5, 5);
  await expect(cardDialog(page)).toBeHidden();
});

test('3 a card stays where it is while the run goes on', async ({ page, stage }) => {
  const run = stage.play('held', longRun(200), { hold: 60 });
  await watchRun(page, stage, 'held');
  await token(page, 1).hover();
  await expect(cardDialog(page)).toBeVisible();
  const before = await cardDialog(page).boundingBox();
  run.release();
  await ended(page);
  await expect(cardDialog(page)).toBeVisible();
  const after = await cardDialog(page).boundingBox();
  expect(Math.abs(after!.y - before!.y)).toBeLessThan(2);
});

test('4 a click pins the card, and an alternative goes on as a run of its own', async ({
  page,
  request
}) => {
  await visit(page, '/');
  await generate(page);
  const parent = runOf(page);
  await token(page, 1).click();
  await page.mouse.move(5, 5);
  await page.waitForTimeout(400);
  await expect(cardDialog(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(cardDialog(page)).toBeHidden();
  await branchOff(page);
  const answer = await (await request.get(`/api/v1/runs/${runOf(page)}`)).json();
  expect(answer.parent.run_id).toBe(parent);
  expect(words(await shownText(page))).toContain(words(answer.result.clean_text));
});

test('5 the card by keyboard: arrows, brackets, Enter, Alt and arrows, B, Escape', async ({
  page
}) => {
  await visit(page, '/');
  await generate(page);
  const text = page.getByRole('group', { name: 'Text of the run' });
  await token(page, 0).focus();
  await expect(text.locator('[tabindex="0"]')).toHaveCount(1);
  for (const key of ['ArrowRight', ']', '[', 'Enter']) await page.keyboard.press(key);
  await expect(cardDialog(page)).toBeVisible();
  await page.keyboard.press('Alt+ArrowDown');
  await expect(cardDialog(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(cardDialog(page)).toBeHidden();
  await expect(text.locator(':focus')).toHaveCount(1);
  const before = runOf(page);
  for (const key of ['Enter', 'Alt+ArrowDown', 'b']) await page.keyboard.press(key);
  await expect.poll(() => runOf(page)).not.toBe(before);
  await ended(page);
});

for (const theme of ['light', 'dark'] as const)
  test(`axe finds nothing: ${theme}, card open`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await visit(page, '/');
    await generate(page);
    await token(page, 1).click();
    await expect(cardDialog(page)).toBeVisible();
    await accessible(page, `${theme}, card`);
    await page.setViewportSize({ width: 360, height: 740 });
    await accessible(page, `${theme}, card on a phone`);
  });

test('6 the card of a stopped run still opens', async ({ page, stage }) => {
  stage.play('held', longRun(200), { hold: 120 });
  await watchRun(page, stage, 'held');
  await button(page, 'Stop').click();
  await expect(runState(page)).toContainText('stopped by you');
  await token(page, 1).click();
  await expect(cardDialog(page)).toBeVisible();
});

test('10 a wrong setting is said at its field, in the words of the service', async ({ page }) => {
  await visit(page, '/');
  const field = page.getByRole('textbox', { name: 'Threshold', exact: true });
  await field.fill('7');
  await field.blur();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(/must be in \[0, 1\]|0 to 1/);
  await button(page, 'Reset all').click();
  await expect(field).not.toHaveAttribute('aria-invalid', 'true');
  await expect(button(page, 'Generate')).toBeEnabled();
});

test('11 every setting has a label and help that says what it does', async ({ page, request }) => {
  const schema = await (await request.get('/api/v1/settings/schema')).json();
  await visit(page, '/');
  const side = page.getByRole('complementary');
  const groups = side.locator('details');
  await expect(groups.first()).toBeAttached();
  for (const group of await groups.all())
    if ((await group.getAttribute('open')) === null) await group.locator('> summary').click();
  for (const spec of schema.settings as { name: string; label?: string }[]) {
    if (!spec.label) continue;
    const help = side.getByRole('button', { name: `Help on ${spec.label}`, exact: true });
    await expect(help, spec.name).toHaveCount(1);
  }
  await side.getByRole('button', { name: /^Preset/ }).click();
  for (const field of await side.locator('input:not([type=file]), select, textarea').all())
    await expect(field).toHaveAccessibleName(/./);
  // By the keyboard: a button that is clicked opens its help by the click.
  const help = side.getByRole('button', { name: 'Help on Threshold', exact: true });
  await page.keyboard.press('Tab');
  await help.focus();
  await expect(page.getByRole('tooltip').filter({ visible: true })).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('tooltip').filter({ visible: true })).toHaveCount(0);
});

test('12 a preset fills the settings, is kept between visits, and reset takes it back', async ({
  page
}) => {
  await visit(page, '/');
  await button(page, /^Preset: /).click();
  await page.getByRole('complementary').getByRole('radio').nth(1).check({ force: true });
  const changed = () => page.evaluate(() => localStorage.getItem('tempo.settings'));
  await expect.poll(changed).not.toBe('{}');
  const kept = await changed();
  await visit(page, '/');
  expect(await changed()).toBe(kept);
  await button(page, 'Reset all').click();
  await expect.poll(changed).toBe('{}');
});

test('13 the tree: zoom, fit, expand, and what was pruned and when', async ({ page, stage }) => {
  stage.play('pruned', runs.pruned.events);
  await watchRun(page, stage, 'pruned', '?tab=tree');
  await ended(page);
  const lattice = page.getByRole('group', { name: /Lattice of the run/ });
  await button(page, 'Fit').click();
  await expect(lattice.getByRole('button', { name: /pruned/ }).first()).toBeVisible();
  await expect(lattice.getByRole('button', { name: /best path/ }).first()).toBeVisible();
  for (const name of ['Zoom in', 'Zoom out', 'Expand all', 'Collapse all'])
    await button(page, name).click();
  await lattice.getByRole('button').first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(lattice.locator(':focus')).toHaveCount(1);
});

test('14 scrubbing back shows a pruned token as it was, and forward as it fell', async ({
  page,
  stage
}) => {
  const { events } = runs.pruned;
  const pruning = events.find((one) => one.type === 'candidates.pruned')!;
  stage.play('pruned', events);
  await watchRun(page, stage, 'pruned', `?at=${pruning.seq}`);
  await expect(runState(page)).toContainText('replay');
  await expect(runState(page)).toContainText(/Pruned\s*0/);
  await button(page, 'One event on').click();
  await expect(runState(page)).toContainText(/Pruned\s*[1-9]/);
  await button(page, 'One event back').click();
  await expect(runState(page)).toContainText(/Pruned\s*0/);
  const slider = page.getByRole('slider', { name: 'Moment of the run' });
  await slider.focus();
  await page.keyboard.press('End');
  await ended(page);
  await page.keyboard.press('Home');
  await expect(runState(page)).toContainText('replay');
  await button(page, 'Last event').click();
  await ended(page);
});

test('14 the line behind the slider is of the whole run once it has ended', async ({ page }) => {
  await visit(page, '/');
  await button(page, 'Generate').click();
  await ended(page);
  const steps = Number((await runState(page).textContent())!.match(/Steps\s*(\d+)/)![1]);
  const line = page.locator('.strip path.line');
  await expect
    .poll(async () => (await line.getAttribute('d'))!.match(/L/g)?.length ?? 0)
    .toBeGreaterThan(steps / 2);
});

test('15 a step chosen in a chart is the step of the text and the address', async ({
  page,
  stage
}) => {
  stage.play('long', longRun(60));
  await watchRun(page, stage, 'long', '?tab=chart');
  await ended(page);
  const slider = page.getByRole('slider', { name: 'Entropy: step' });
  await slider.focus();
  await page.keyboard.press('Home');
  for (let time = 0; time < 3; time++) await page.keyboard.press('ArrowRight');
  const step = (await slider.getAttribute('aria-valuenow'))!;
  await expect(page).toHaveURL(new RegExp(`step=${step}`));
  const other = page.getByRole('slider', { name: 'Width: step' });
  await expect(other).toHaveAttribute('aria-valuenow', step);
  await openTab(page, 'Text');
  await expect(page).toHaveURL(new RegExp(`step=${step}`));
});

test('16 two runs side by side, up to the first difference', async ({ page }) => {
  await visit(page, '/');
  await generate(page);
  const first = runOf(page);
  await branchOff(page);
  await visit(page, `/#/run/${runOf(page)}?tab=compare&cmp=${first}`);
  await expect(panel(page).getByRole('heading', { name: 'Texts' })).toBeVisible();
  await expect(panel(page)).toContainText(/same prompt/);
  await expect(panel(page)).toContainText(/differ/i);
});

test('17 a run that was saved opens again as the same view, without the service', async ({
  page,
  openPage
}) => {
  await visit(page, '/');
  await generate(page);
  const text = words(await shownText(page));
  const path = await (await saved(page, 'Run (JSON)')).path();
  const other = await openPage();
  await visit(other, '/');
  await other
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'run.json',
      mimeType: 'application/json',
      buffer: await readFile(path)
    });
  await ended(other);
  expect(words(await shownText(other))).toBe(text);
  expect(words(await runState(other).innerText())).toBe(words(await runState(page).innerText()));
});

test('17 a broken file is refused with what is wrong and where', async ({ page }) => {
  await visit(page, '/');
  const file = page.locator('input[type=file]').first();
  for (const [name, text] of [
    ['no.json', '{"format": "tempo-'],
    ['other.json', '{"a": [1, 2]}'],
    ['lattice.json', '{"format": "tempo-lattice", "version": 1, "steps": [{"step": "x"}]}']
  ] as const) {
    await file.setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
    const alert = page.getByRole('alert').last();
    await expect(alert).toBeVisible();
    expect((await alert.innerText()).length).toBeGreaterThan(20);
    for (const one of await button(page, 'Dismiss').all()) await one.click();
  }
  await expect(page.getByRole('heading', { name: 'No run yet' })).toBeVisible();
});

test('18 pictures are not empty, and hold what the view holds', async ({ page, stage }) => {
  stage.play('pruned', runs.pruned.events);
  await watchRun(page, stage, 'pruned', '?tab=tree');
  await ended(page);
  const svg = await readFile(
    await (await saved(page, 'Picture of the lattice (SVG)')).path(),
    'utf8'
  );
  expect(svg).toMatch(/^(<\?xml[^>]*>\s*)?<svg/);
  expect(svg.length).toBeGreaterThan(2000);
  expect(svg).not.toContain('<script');
  expect(svg).not.toMatch(/(href|src)="https?:/);
  const png = await readFile(await (await saved(page, 'Picture of the lattice (PNG)')).path());
  expect([...png.subarray(1, 4)].map((one) => String.fromCharCode(one)).join('')).toBe('PNG');
  expect(png.length).toBeGreaterThan(2000);
  const csv = await readFile(await (await saved(page, 'Table of steps (CSV)')).path(), 'utf8');
  expect(csv.trim().split('\n').length).toBeGreaterThan(14);
  await openTab(page, 'Chart');
  const entropy = page.getByRole('figure', { name: 'Entropy' });
  const downloading = page.waitForEvent('download');
  await entropy.getByRole('button', { name: 'Save as SVG' }).click();
  expect(await readFile(await (await downloading).path(), 'utf8')).toContain('<svg');
});
