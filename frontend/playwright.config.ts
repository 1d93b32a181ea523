import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// Debian's and Ubuntu's own browser: Playwright's download is not needed.
const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const browser = process.env.TEMPO_CHROMIUM ?? SYSTEM.find((path) => existsSync(path));
const port = Number(process.env.TEMPO_E2E_PORT ?? 8765);

export default defineConfig({
  testDir: 'e2e',
  fullyParallel: false,
  workers: 1,
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    trace: 'retain-on-failure',
    launchOptions: { ...(browser && { executablePath: browser }), args: ['--no-sandbox'] }
  }
});
