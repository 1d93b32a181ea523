import type { Page } from '@playwright/test';
import { button, ended, expect, test, visit, watchRun } from './support/page';
import { longRun } from './support/written';

/** Whether the page is dark: as it is painted, not as it says. */
async function isDark(page: Page): Promise<boolean> {
  const shot = await page.screenshot({ clip: { x: 2, y: 2, width: 4, height: 4 } });
  const brightness = await page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, 1, 1);
      return (data[0]! + data[1]! + data[2]!) / 3;
    },
    [...shot]
  );
  return brightness < 110;
}

const toggle = (page: Page) => button(page, /^Theme/);

async function choose(page: Page, theme: 'light' | 'dark' | 'as the system'): Promise<void> {
  for (let time = 0; time < 3; time++) {
    const name = await toggle(page).getAttribute('aria-label');
    if (name?.includes(`: ${theme}`)) return;
    await toggle(page).click();
  }
}

for (const system of ['light', 'dark'] as const) {
  test(`20 by default the page is as the system: ${system}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: system });
    await visit(page, '/');
    expect(await isDark(page)).toBe(system === 'dark');
    await page.emulateMedia({ colorScheme: system === 'dark' ? 'light' : 'dark' });
    await expect.poll(() => isDark(page)).toBe(system !== 'dark');
  });

  test(`20 what is chosen persists, whatever the system says: ${system}`, async ({ page }) => {
    const other = system === 'dark' ? 'light' : 'dark';
    await page.emulateMedia({ colorScheme: system });
    await visit(page, '/');
    await choose(page, other);
    await expect.poll(() => isDark(page)).toBe(other === 'dark');
    await page.reload();
    await expect(toggle(page)).toHaveAttribute('aria-label', new RegExp(other));
    expect(await isDark(page)).toBe(other === 'dark');
    await choose(page, 'as the system');
    await expect.poll(() => isDark(page)).toBe(system === 'dark');
  });
}

test('20 no flash: the first paint has the chosen theme', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await visit(page, '/');
  await choose(page, 'dark');
  // Before any of the page's own scripts have come.
  await page.route(/\/_app\/.*\.js/, () => {});
  await page.reload({ waitUntil: 'commit' });
  await expect
    .poll(() => page.evaluate(() => document.documentElement.style.colorScheme))
    .toBe('dark');
  expect(await isDark(page)).toBe(true);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await visit(page, '/');
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(paper, 'the style sheets are those of the chosen theme too').toBe('rgb(20, 22, 27)');
});

test('20 a browser that keeps nothing still shows the page', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      }
    });
  });
  await visit(page, '/');
  await toggle(page).click();
});

test('20 forced colours and reduced motion: nothing is lost', async ({ page, stage }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  stage.play('long', longRun(60));
  await watchRun(page, stage, 'long');
  await ended(page);
  const moving = await page.evaluate(
    () =>
      document.getAnimations().filter((one) => Number(one.effect?.getComputedTiming().duration) > 1)
        .length
  );
  expect(moving).toBe(0);
});
