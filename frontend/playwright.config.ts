import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// The system's own browser: Playwright's download is not needed.
const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const browser = process.env.TEMPO_CHROMIUM ?? SYSTEM.find((path) => existsSync(path));
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []; // Chromium has none for root

// The real service with the model that ships; `make e2e` names a free port.
const port = process.env.TEMPO_E2E_PORT ?? '8765';
const tempo = process.env.TEMPO_COMMAND ?? '../.venv/bin/tempo';
const address = `http://127.0.0.1:${port}`;

export default defineConfig({
  testDir: 'e2e',
  workers: 1, // one service, one model
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  use: {
    baseURL: address,
    trace: 'retain-on-failure',
    launchOptions: { ...(browser && { executablePath: browser }), args: sandbox }
  },
  webServer: {
    command: `${tempo} serve --port ${port} --store :memory:`,
    url: `${address}/ready`,
    timeout: 120_000,
    stderr: process.env.TEMPO_E2E_LOG ? 'pipe' : 'ignore', // a line for every request
    reuseExistingServer: !process.env.TEMPO_E2E_PORT
  }
});
