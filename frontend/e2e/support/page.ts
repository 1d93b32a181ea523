/** What every test of the page starts from: a stage, and a page that must not misbehave. */

import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { Stage } from './stage.js';

export interface Watched {
  /** what the console said that is an error or a warning */
  complaints: string[];
  /** requests that left the origin */
  foreign: string[];
  /** what of the complaints a test brings about itself */
  allow: RegExp[];
}

const HARMLESS: RegExp[] = [];

function watch(page: Page, origins: string[], watched: Watched): void {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      watched.complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => watched.complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (!origins.includes(origin) && !['data:', 'blob:'].includes(protocol))
      watched.foreign.push(request.url());
  });
}

/** Pages opened by `openPage`, and `page`, fail the test for any complaint and any foreign request. */
export const test = base.extend<{
  stage: Stage;
  watched: Watched;
  openPage: () => Promise<Page>;
}>({
  stage: async ({ baseURL }, use) => {
    const stage = await Stage.open(baseURL!);
    await use(stage);
    await stage.close();
  },
  // eslint-disable-next-line no-empty-pattern
  watched: async ({}, use) => {
    const watched: Watched = { complaints: [], foreign: [], allow: [] };
    await use(watched);
    const allowed = [...HARMLESS, ...watched.allow];
    const errors = watched.complaints.filter((one) => !allowed.some((known) => known.test(one)));
    expect(errors, 'the console says nothing').toEqual([]);
    expect(watched.foreign, 'no request leaves the origin').toEqual([]);
  },
  page: async ({ page, stage, watched, baseURL }, use) => {
    watch(page, [stage.origin, new URL(baseURL!).origin], watched);
    await use(page);
  },
  openPage: async ({ context, stage, watched, baseURL }, use) => {
    await use(async () => {
      const page = await context.newPage();
      watch(page, [stage.origin, new URL(baseURL!).origin], watched);
      return page;
    });
  }
});

export { expect };

/** What the browser writes where a request was refused, or nobody answered. */
export const REFUSED = /Failed to load resource/;

export const PROMPT = 'Once upon a time there was a little fox who';

export const TABS = ['Text', 'Tree', 'Details', 'Chart', 'Compare'] as const;

export const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) });

export const panel = (page: Page) => page.getByRole('tabpanel');

export const runState = (page: Page) => page.getByLabel('State of the run');

/** Open the page and wait until it can be used. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(button(page, 'Generate')).toBeEnabled({ timeout: 20_000 });
}

/** Open a played run. */
export const watchRun = (page: Page, stage: Stage, id: string, query = '') =>
  visit(page, `${stage.origin}/#/run/${id}${query}`);

export async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name, exact: true }).click();
  await expect(panel(page)).toBeVisible();
  await expect(panel(page).getByText('Loading…', { exact: true })).toHaveCount(0);
}

export const ended = (page: Page) =>
  expect(runState(page)).toContainText(/all steps are done|the text ended|stop/, {
    timeout: 30_000
  });

/** Wait until a run of the service has ended and its texts, which are read after that, are shown. */
export async function complete(page: Page): Promise<void> {
  await ended(page);
  await expect(page.getByText('They are being read.')).toHaveCount(0);
}

/** Generate from the form, and wait for the end. */
export async function generate(page: Page, prompt = PROMPT): Promise<void> {
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
  await button(page, 'Generate').click();
  await expect(runState(page)).toBeVisible();
  await complete(page);
}

/** What the Text tab shows, as a reader would copy it. */
export const shownText = (page: Page) => page.getByRole('tabpanel', { name: 'Text' }).innerText();

/** Automated checks of accessibility; fails with what is wrong and where. */
export async function accessible(page: Page, where: string): Promise<void> {
  // Colours are only what they are once nothing moves any more.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
        .map((one) => one.finished)
    )
  );
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const found = violations.map(
    (one) =>
      `${one.id}: ${one.help}\n   ${one.nodes
        .map((node) => node.html)
        .slice(0, 3)
        .join('\n   ')}\n   ${one.nodes[0]?.any[0]?.message ?? ''}`
  );
  expect(found, where).toEqual([]);
}

/** Nothing but what scrolls by itself is wider than the screen. */
export async function fits(page: Page): Promise<void> {
  const overflow = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  expect(overflow, 'the page scrolls sideways').toBeLessThanOrEqual(0);
}
