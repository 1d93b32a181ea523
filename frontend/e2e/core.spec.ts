import {
  button,
  complete,
  ended,
  expect,
  fits,
  generate,
  openTab,
  panel,
  PROMPT,
  REFUSED,
  runState,
  shownText,
  TABS,
  test,
  visit,
  watchRun
} from './support/page';
import { failed, longRun, runs } from './support/written';

const words = (text: string) => text.replace(/\s+/g, ' ').trim();

test('1 first load: what this is, what to do next, and what decodes here', async ({ page }) => {
  await visit(page, '/');
  await expect(page.getByRole('heading', { level: 1, name: 'TEMPO' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Prompt' })).not.toBeEmpty();
  await expect(page.getByRole('heading', { name: 'No run yet' })).toBeVisible();
  await expect(page.getByRole('banner')).toContainText('embedded');
  for (const tab of TABS) {
    await openTab(page, tab);
    await expect(panel(page)).toContainText('press Generate');
  }
  await expect(button(page, 'Stop')).toBeDisabled();
  await page.getByRole('textbox', { name: 'Prompt' }).fill('  ');
  await expect(button(page, 'Generate')).toBeDisabled();
});

test('2 generate and finish: the text is the one that the service answers', async ({
  page,
  request
}) => {
  await visit(page, '/');
  await generate(page);
  const id = /run\/(\w+)/.exec(page.url())?.[1];
  expect(id).toBeDefined();
  const answer = await (await request.get(`/api/v1/runs/${id}`)).json();
  expect(words(await shownText(page))).toContain(words(PROMPT + answer.result.clean_text));
  await expect(button(page, 'Generate')).toBeEnabled();
  await expect(button(page, 'Stop')).toBeDisabled();
});

test('2 Ctrl + Enter in the prompt generates, and the prompt is kept between visits', async ({
  page
}) => {
  await visit(page, '/');
  const prompt = page.getByRole('textbox', { name: 'Prompt' });
  await prompt.fill('The old king opened the door');
  await prompt.press('Control+Enter');
  await ended(page);
  expect(words(await shownText(page))).toContain('The old king opened the door');
  await visit(page, '/');
  await expect(prompt).toHaveValue('The old king opened the door');
});

test('6 stop keeps the text and says who stopped', async ({ page, stage }) => {
  stage.play('held', longRun(200), { hold: 150 });
  await watchRun(page, stage, 'held');
  await expect(runState(page)).toContainText('generating');
  await expect(runState(page)).toContainText(/Steps\s*1\d\d/);
  const before = words(await shownText(page));
  await button(page, 'Stop').click();
  await expect(runState(page)).toContainText('stopped by you');
  expect(words(await shownText(page))).toContain(before.slice(0, 400));
  await expect(button(page, 'Generate')).toBeEnabled();
});

test('6 stop of a real run: what was decoded stays, here and at the service', async ({
  page,
  request
}) => {
  await page.addInitScript(() =>
    localStorage.setItem('tempo.settings', JSON.stringify({ max_steps: 200, min_steps: 200 }))
  );
  await visit(page, '/');
  await button(page, 'Generate').click();
  await expect(runState(page)).toContainText(/Steps\s*[1-9]/);
  await button(page, 'Stop').click();
  await expect(runState(page)).toContainText(/stopped by you|all steps are done/);
  const id = /run\/(\w+)/.exec(page.url())?.[1];
  const answer = await (await request.get(`/api/v1/runs/${id}`)).json();
  expect(['cancelled', 'finished']).toContain(answer.state);
  expect(words(await shownText(page))).toContain(words(answer.result.clean_text));
});

test('7 a connection that breaks: nothing is lost, nothing doubled', async ({
  page,
  stage,
  watched
}) => {
  watched.allow.push(/ERR_INCOMPLETE_CHUNKED_ENCODING|Failed to load resource/);
  stage.play('broken', longRun(120), { drop: [3, 40, 41, 130] });
  await watchRun(page, stage, 'broken');
  await ended(page);
  stage.play('whole', longRun(120));
  const broken = words(await shownText(page));
  await expect(runState(page)).toContainText(/Steps\s*120/);
  const asked = stage.asked.filter((one) => one.path.endsWith('/runs/broken/events'));
  expect(asked.map((one) => one.headers['last-event-id'])).toEqual([
    undefined,
    '2',
    '39',
    '40',
    '129'
  ]);
  await watchRun(page, stage, 'whole');
  await ended(page);
  expect(words(await shownText(page))).toBe(broken);
});

test('7 a service that goes away in the middle: said, and gone on from', async ({
  page,
  stage,
  watched
}) => {
  watched.allow.push(REFUSED, /ERR_/);
  const run = stage.play('away', longRun(60), { hold: 30 });
  await watchRun(page, stage, 'away');
  await expect(runState(page)).toContainText('generating');
  const before = words(await shownText(page));
  stage.leave();
  await expect(page.getByText(/connection to this run was lost/)).toBeVisible();
  expect(words(await shownText(page))).toBe(before);
  stage.calm();
  run.release();
  await ended(page);
  await expect(page.getByText(/connection to this run was lost/)).toHaveCount(0);
  await expect(runState(page)).toContainText(/Steps\s*60/);
});

test('8 an error of the service is said, and another try works', async ({
  page,
  stage,
  watched
}) => {
  watched.allow.push(REFUSED);
  await visit(page, stage.origin);
  const body = { error: { kind: 'overloaded', message: 'The queue is full.', request_id: 'x' } };
  for (const status of [500, 429, 503]) {
    stage.trouble({ match: /^POST .*\/runs$/, status, body });
    await button(page, 'Generate').click();
    await expect(page.getByRole('alert').filter({ hasText: 'The queue is full.' })).toBeVisible();
    stage.calm();
    await button(page, 'Try again').last().click();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await ended(page);
  }
});

test('8 a run that failed says why, keeps what it had, and offers another', async ({
  page,
  stage
}) => {
  stage.play('failed', failed(longRun(50), 30));
  await watchRun(page, stage, 'failed');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('The cache has no room for this run.');
  await expect(alert).toContainText('abc123');
  expect(words(await shownText(page)).length).toBeGreaterThan(30);
  await alert.getByRole('button', { name: 'Generate again' }).click();
  await ended(page);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('8 a run that is not there is said, in the words of the service', async ({
  page,
  watched
}) => {
  watched.allow.push(REFUSED);
  await visit(page, '/#/run/0123456789abcdef0123456789abcdef');
  await expect(page.getByRole('alert')).toContainText(/run/);
  await expect(page.getByRole('alert').getByRole('button')).toBeVisible();
});

test('8 what is no event ends the run in words', async ({ page, stage, watched }) => {
  watched.allow.push(REFUSED);
  const [started, ...rest] = longRun(20);
  const wrong = { ...rest[5]!, candidates: 'none' };
  stage.play('wrong', [started!, ...rest.slice(0, 5), wrong]);
  await watchRun(page, stage, 'wrong');
  await expect(page.getByRole('alert')).toContainText(/sent what is no event/);
});

test('9 a service that is gone at the start: said, and found once it is back', async ({
  page,
  stage,
  watched
}) => {
  watched.allow.push(REFUSED, /ERR_/);
  stage.isAway = true;
  await page.goto(stage.origin);
  await expect(page.getByRole('alert')).toContainText(/tempo serve/);
  await expect(page.getByRole('banner')).toContainText('no service');
  await expect(button(page, 'Generate')).toBeDisabled();
  stage.calm();
  await expect(button(page, 'Generate')).toBeEnabled({ timeout: 10_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  await generate(page);
});

test('9 a model that is being loaded is waited for', async ({ page, stage, watched }) => {
  watched.allow.push(REFUSED);
  stage.trouble({ match: /^GET \/ready/, status: 503, body: { error: { message: 'loading' } } });
  await page.goto(stage.origin);
  await expect(page.getByRole('main').getByText('The model is being loaded.')).toBeVisible();
  stage.calm();
  await expect(button(page, 'Generate')).toBeEnabled({ timeout: 10_000 });
});

test('9 a service that asks for a token gets it, and it is kept', async ({
  page,
  stage,
  watched
}) => {
  watched.allow.push(REFUSED);
  const body = { error: { kind: 'unauthorised', message: 'A token is needed.' } };
  stage.trouble({ match: /^\w+ \/api/, status: 401, body });
  await page.goto(stage.origin);
  const token = page.getByLabel(/asks for its token/);
  await token.fill('secret');
  stage.calm();
  await button(page, 'Use it').click();
  await expect(button(page, 'Generate')).toBeEnabled();
  expect(stage.asked.at(-1)?.headers.authorization).toBe('Bearer secret');
  await visit(page, stage.origin);
  expect(stage.asked.at(-1)?.headers.authorization).toBe('Bearer secret');
});

test('19 a link reopens what it was copied from', async ({ page, openPage }) => {
  await visit(page, '/');
  await generate(page);
  const text = words(await shownText(page));
  await openTab(page, 'Tree');
  await expect(page).toHaveURL(/tab=tree/);
  const other = await openPage();
  await visit(other, page.url());
  await expect(other.getByRole('tab', { name: 'Tree' })).toHaveAttribute('aria-selected', 'true');
  await openTab(other, 'Text');
  await complete(other);
  expect(words(await shownText(other))).toBe(text);
  await page.reload();
  await ended(page);
  await expect(page.getByRole('tab', { name: 'Tree' })).toHaveAttribute('aria-selected', 'true');
});

test('19 back and forth in the browser, and a broken link, end nowhere strange', async ({
  page
}) => {
  await visit(page, '/#/walk/%ff?tab=__proto__&step=-1');
  await expect(page.getByRole('heading', { name: 'No run yet' })).toBeVisible();
  await page.evaluate(() => (location.hash = '#/?tab=chart'));
  await expect(page.getByRole('tab', { name: 'Chart' })).toHaveAttribute('aria-selected', 'true');
  await page.goBack();
  await expect(page.getByRole('tab', { name: 'Text' })).toHaveAttribute('aria-selected', 'true');
});

for (const width of [360, 320]) {
  test(`21 ${width} px: nothing scrolls sideways, everything can be reached`, async ({
    page,
    stage
  }) => {
    await page.setViewportSize({ width, height: 740 });
    await visit(page, stage.origin);
    await fits(page);
    stage.play('long', longRun(80));
    await watchRun(page, stage, 'long');
    await ended(page);
    for (const tab of TABS) {
      await openTab(page, tab);
      await fits(page);
      const targets = await page
        .getByRole('button')
        .or(page.getByRole('tab'))
        .evaluateAll((found) =>
          found
            // Words of a text are as large as they are read (WCAG 2.5.8 leaves inline targets out).
            .filter((one) => (one as HTMLElement).offsetParent && !one.closest('.paragraph'))
            .map((one) => ({ name: one.textContent, ...one.getBoundingClientRect().toJSON() }))
            .filter((one) => one.width > 1 && (one.width < 24 || one.height < 24))
            .map((one) => `${one.name}: ${one.width}x${one.height}`)
        );
      expect(targets, `targets of ${tab}`).toEqual([]);
    }
  });
}

test('22 the content policy holds, and nothing of the page needs to break it', async ({
  page,
  watched
}) => {
  await visit(page, '/');
  await generate(page);
  for (const tab of TABS) await openTab(page, tab);
  expect(watched.complaints).toEqual([]);
  watched.allow.push(/Content Security Policy|Refused to/);
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const image = document.createElement('img');
    image.setAttribute('onerror', 'window.ran = true');
    image.src = 'data:image/png;base64,AA';
    document.body.append(image);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return 'ran' in window;
  });
  expect(ran).toBe(false);
});

test('23 a click before the page is alive submits nothing', async ({ page, watched }) => {
  watched.allow.push(REFUSED, /ERR_/);
  await page.route(/\/_app\/.*\.js/, () => {}); // the scripts never come
  await page.goto('/', { waitUntil: 'commit' });
  const form = page.getByRole('button', { name: 'Generate' });
  if (await form.isVisible().catch(() => false)) {
    await expect(form).toBeDisabled();
    await page.getByRole('textbox', { name: 'Prompt' }).press('Enter');
  }
  await page.waitForTimeout(300);
  expect(new URL(page.url()).search).toBe('');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('24 odd tokens are text: halves of emoji, other directions, new lines, markup', async ({
  page,
  stage
}) => {
  const { events, text } = runs.odd;
  stage.play('odd', events);
  await watchRun(page, stage, 'odd');
  await ended(page);
  const shown = await page.getByRole('tabpanel', { name: 'Text' }).textContent();
  for (const part of ['🦊', 'שלום', '<script>alert(1)</script>']) expect(shown).toContain(part);
  expect(shown).not.toContain('\ufffd\ufffd');
  expect(text).toContain('🦊');
  await expect(page.locator('script:text("alert(1)")')).toHaveCount(0);
  for (const tab of TABS) await openTab(page, tab);
});

test('25 no request leaves the origin, whatever is done', async ({ page, watched }) => {
  await visit(page, '/');
  await generate(page);
  for (const tab of TABS) await openTab(page, tab);
  await button(page, 'Keyboard and help').click();
  await button(page, 'Close').click();
  await button(page, /^Theme/).click();
  expect(watched.foreign).toEqual([]);
});

test('26 two tabs of the browser on one run see the same', async ({ page, openPage, stage }) => {
  const run = stage.play('both', longRun(90), { hold: 40 });
  const other = await openPage();
  await watchRun(page, stage, 'both');
  await watchRun(other, stage, 'both');
  await expect.poll(() => run.listeners).toBe(2);
  run.release();
  await ended(page);
  await ended(other);
  expect(words(await shownText(other))).toBe(words(await shownText(page)));
  await expect.poll(() => run.listeners).toBe(0);
});

test('26 a second tab stops what the first began', async ({ page, openPage }) => {
  // Wide steps, so that the run takes seconds.
  const settings = {
    max_steps: 200,
    min_steps: 200,
    selection_threshold: 0,
    max_width: 32,
    considered: 32
  };
  await page.addInitScript(
    (kept) => localStorage.setItem('tempo.settings', kept),
    JSON.stringify(settings)
  );
  const other = await openPage();
  await visit(other, '/');
  await visit(page, '/');
  await button(page, 'Generate').click();
  await expect(page).toHaveURL(/run\//);
  await other.goto(page.url());
  await expect(button(other, 'Stop')).toBeEnabled();
  await button(other, 'Stop').click();
  await expect(runState(page)).toContainText('stopped by you');
  await expect(runState(other)).toContainText('stopped by you');
});

test('27 10,000 steps at 500 a second: the page stays usable', async ({ page, stage }) => {
  test.setTimeout(120_000);
  stage.play('long', longRun(10_000), { rate: 700 });
  await watchRun(page, stage, 'long');
  await expect(runState(page)).toContainText(/Steps\s*[1-9]\d\d/, { timeout: 20_000 });
  await openTab(page, 'Details');
  await openTab(page, 'Text');
  await expect(runState(page)).toContainText(/Steps\s*10,?000/, { timeout: 60_000 });
  await ended(page);
  const shown = await page.getByRole('tabpanel', { name: 'Text' }).textContent();
  expect(shown!.length).toBeGreaterThan(30_000);
  for (const tab of TABS) await openTab(page, tab);
});
