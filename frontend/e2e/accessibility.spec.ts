import type { Page } from '@playwright/test';
import type { Stage } from './support/stage.js';
import {
  accessible,
  button,
  ended,
  expect,
  generate,
  openTab,
  runState,
  TABS,
  test,
  visit,
  watchRun
} from './support/page';
import { failed, longRun, runs } from './support/written';

const STATES: Record<string, (page: Page, stage: Stage) => Promise<void>> = {
  empty: (page, stage) => visit(page, stage.origin),
  running: async (page, stage) => {
    stage.play('running', longRun(120), { hold: 100 });
    await watchRun(page, stage, 'running');
    await expect(runState(page)).toContainText('generating');
  },
  finished: async (page, stage) => {
    await visit(page, stage.origin);
    await generate(page);
  },
  pruned: async (page, stage) => {
    stage.play('pruned', runs.pruned.events);
    await watchRun(page, stage, 'pruned');
    await ended(page);
  },
  odd: async (page, stage) => {
    stage.play('odd', runs.odd.events);
    await watchRun(page, stage, 'odd');
    await ended(page);
  },
  error: async (page, stage) => {
    stage.play('failed', failed(longRun(40), 30));
    await watchRun(page, stage, 'failed');
    await expect(page.getByRole('alert')).toBeVisible();
  }
};

for (const theme of ['light', 'dark'] as const) {
  for (const [state, arrive] of Object.entries(STATES)) {
    test(`axe finds nothing: ${theme}, ${state}, every tab`, async ({ page, stage }) => {
      test.setTimeout(120_000);
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await arrive(page, stage);
      for (const tab of TABS) {
        await openTab(page, tab);
        await accessible(page, `${theme}, ${state}, ${tab}`);
      }
    });
  }

  test(`axe finds nothing: ${theme}, help open`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await visit(page, '/');
    await button(page, 'Keyboard and help').click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await accessible(page, `${theme}, help`);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  });

  test(`axe finds nothing: ${theme}, on a phone`, async ({ page, stage }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 360, height: 740 });
    await STATES.pruned!(page, stage);
    for (const tab of TABS) {
      await openTab(page, tab);
      await accessible(page, `${theme}, phone, ${tab}`);
    }
  });
}

test('5 tabs are one stop, and arrows, Home and End move among them', async ({ page }) => {
  await visit(page, '/');
  await page.getByRole('tab', { name: 'Text' }).focus();
  for (const [key, name] of [
    ['ArrowRight', 'Tree'],
    ['End', 'Compare'],
    ['ArrowRight', 'Text'],
    ['ArrowLeft', 'Compare'],
    ['Home', 'Text']
  ] as const) {
    await page.keyboard.press(key);
    await expect(page.getByRole('tab', { name })).toBeFocused();
    await expect(page.getByRole('tab', { name })).toHaveAttribute('aria-selected', 'true');
  }
  await expect(page.locator('[role=tab][tabindex="0"]')).toHaveCount(1);
});

test('5 single keys: tabs, prompt, help; not while typing, not when switched off', async ({
  page
}) => {
  await visit(page, '/');
  await page.keyboard.press('4');
  await expect(page.getByRole('tab', { name: 'Chart' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('/');
  const prompt = page.getByRole('textbox', { name: 'Prompt' });
  await expect(prompt).toBeFocused();
  await page.keyboard.type('1?/');
  await expect(prompt).toHaveValue(/1\?\/$/);
  await expect(page.getByRole('tab', { name: 'Chart' })).toHaveAttribute('aria-selected', 'true');
  await prompt.blur();
  await page.keyboard.press('?');
  await page.getByRole('checkbox').uncheck();
  await button(page, 'Close').click();
  await page.keyboard.press('1');
  await expect(page.getByRole('tab', { name: 'Chart' })).toHaveAttribute('aria-selected', 'true');
});

test('5 the first stop of the page skips to the result', async ({ page }) => {
  await visit(page, '/');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the result' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test('a screen reader is told of the start and of the end, not of tokens', async ({
  page,
  stage
}) => {
  await visit(page, stage.origin);
  await page.evaluate(() => {
    const region = document.querySelector('[aria-live=polite]')!;
    const said: string[] = [];
    new MutationObserver(() => said.push(region.textContent ?? '')).observe(region, {
      childList: true,
      subtree: true,
      characterData: true
    });
    (window as unknown as { said: string[] }).said = said;
  });
  await generate(page);
  const said = () => page.evaluate(() => (window as unknown as { said: string[] }).said);
  expect(await said()).toContain('Generation started.');
  await expect.poll(async () => (await said()).at(-1)).toMatch(/ended|finished|complete|steps/i);
  expect((await said()).length).toBeLessThan(6);
});
