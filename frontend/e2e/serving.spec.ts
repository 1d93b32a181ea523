import { expect, test } from '@playwright/test';

test('the page loads under its policy, from its own origin alone, without an error', async ({
  page,
  baseURL
}) => {
  const said: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => asked.push(request.url()));

  const answer = await page.goto('/', { waitUntil: 'networkidle' });

  expect(said).toEqual([]);
  expect(asked.filter((url) => !url.startsWith(`${baseURL}/`))).toEqual([]);
  expect(asked.length).toBeGreaterThan(3);
  const policy = answer?.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src 'self' 'sha256-[^']+'(;|$)/);
  expect(policy).toContain("style-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe-inline');
  expect(policy).not.toContain('unsafe-eval');
});

test('an inline script that the build did not write does not run', async ({ page }) => {
  await page.goto('/');
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.wasRun = true';
    document.body.append(script);
    return 'wasRun' in window;
  });
  expect(ran).toBe(false);
});

test('a second visit fetches no file again whose name holds its digest', async ({ page }) => {
  const sizes = async () => {
    await page.goto('/', { waitUntil: 'networkidle' });
    return page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter((entry) => entry.name.includes('/_app/immutable/'))
        .map((entry) => (entry as PerformanceResourceTiming).transferSize)
    );
  };

  expect((await sizes()).some((size) => size > 0)).toBe(true);
  const again = await sizes();
  expect(again.length).toBeGreaterThan(0);
  expect(again.filter((size) => size > 0)).toEqual([]);
});
