/**
 * What the page costs, against its budgets: `npm run budgets`.
 *
 * Sizes and counts of elements are the same on any machine: over a budget they fail. Times are
 * reported as they were seen; `--strict` lets them fail too. A service is started for it
 * (TEMPO_COMMAND), the page is built anew and played a run that is written down.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import { longRun } from '../e2e/support/long_run.js';
import { Stage } from '../e2e/support/stage.js';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const BUILD = join(HERE, 'build');
const RESULTS = join(HERE, '..', 'benchmarks', 'results', 'ui_budgets.txt');
const STEPS = Number(process.env.STEPS ?? 10_000);
const STEPS_A_SECOND = 500;
const KB = 1000;
const isStrict = process.argv.includes('--strict');

/** @type {{ what: string, found: number, most: number, unit: string, isGate: boolean }[]} */
const rows = [];

/** @param {string} what @param {number} found @param {number} most @param {string} unit */
const gate = (what, found, most, unit) => rows.push({ what, found, most, unit, isGate: true });
/** @param {string} what @param {number} found @param {number} most @param {string} unit */
const seen = (what, found, most, unit) => rows.push({ what, found, most, unit, isGate: isStrict });

/** @param {number[]} values @param {number} share */
const quantile = (values, share) =>
  [...values].sort((one, other) => one - other)[
    Math.min(values.length - 1, Math.floor(share * values.length))
  ] ?? NaN;

/** @param {string} folder @returns {string[]} */
const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));

/** @param {string} file */
const gzipped = (file) => gzipSync(readFileSync(file), { level: 9 }).length;

/** @param {string[]} files */
const together = (files) => files.reduce((sum, file) => sum + gzipped(file), 0) / KB;

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** Start a service; returns its origin and how to end it. */
async function service() {
  const port = await freePort();
  const [command, ...given] = (process.env.TEMPO_COMMAND ?? '../.venv/bin/tempo').split(' ');
  const options = ['serve', '--port', String(port), '--store', ':memory:'];
  const child = spawn(command ?? '', [...given, ...options], { cwd: HERE, stdio: 'ignore' });
  const origin = `http://127.0.0.1:${port}`;
  for (let time = 0; time < 600; time++) {
    const ready = await fetch(`${origin}/ready`).catch(() => null);
    if (ready?.ok) return { origin, end: () => child.kill() };
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  child.kill();
  throw new Error(`${command} serve did not become ready`);
}

/** In the page, before anything of it: take down frames, long tasks, and how soon keys and hands show. */
function observe() {
  const seen = { frames: [], tasks: [], answers: {}, enabled: null };
  /** @type {any} */ (window).seen = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.tasks.push(entry.duration);
  }).observe({ type: 'longtask', buffered: true });
  let last = performance.now();
  const frame = (now) => {
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  for (const type of ['pointerover', 'click', 'keydown'])
    addEventListener(
      type,
      (event) => {
        const began = event.timeStamp;
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () =>
            (seen.answers[type] ??= []).push(performance.now() - began);
          channel.port2.postMessage(null);
        });
      },
      { capture: true }
    );
  const timer = setInterval(() => {
    const generate = [...document.querySelectorAll('button')].find(
      (one) => one.textContent?.trim() === 'Generate'
    );
    if (!generate || generate.disabled) return;
    seen.enabled = performance.now();
    clearInterval(timer);
  }, 5);
}

/** @param {import('@playwright/test').Page} page @param {string} what */
const taken = (page, what) =>
  page.evaluate((name) => {
    const all = /** @type {any} */ (window).seen;
    const found = name in all ? all[name] : (all.answers[name] ?? []);
    if (Array.isArray(all[name])) all[name] = [];
    else if (name in all.answers) all.answers[name] = [];
    return found;
  }, what);

/** @param {import('@playwright/test').Page} page @param {string} name */
async function open(page, name) {
  await page.getByRole('tab', { name, exact: true }).click();
  const panel = page.getByRole('tabpanel', { name });
  await panel.getByText('Loading…', { exact: true }).waitFor({ state: 'detached' });
  await page.waitForTimeout(300);
}

/** Point at one word after the other. @param {import('@playwright/test').Page} page */
async function hover(page, times = 25) {
  const boxes = await page.getByRole('tabpanel', { name: 'Text' }).evaluate((panel) => {
    const view = panel.getBoundingClientRect();
    return [...panel.querySelectorAll('button, [role=button], [data-step]')]
      .map((one) => one.getBoundingClientRect())
      .filter((box) => box.width && box.top > view.top && box.bottom < view.bottom)
      .map((box) => [box.x + box.width / 2, box.y + box.height / 2]);
  });
  await taken(page, 'pointerover');
  for (let time = 0; time < times && boxes.length; time++) {
    const [x, y] = boxes[(time * 7) % boxes.length] ?? [0, 0];
    await page.mouse.move(x ?? 0, y ?? 0);
    await page.waitForTimeout(40);
  }
  return /** @type {number[]} */ (await taken(page, 'pointerover'));
}

/** @param {import('@playwright/test').Page} page @param {string} [within] */
const elements = (page, within = 'html') =>
  page.evaluate((selector) => document.querySelectorAll(`${selector} *`).length, within);

// --------------------------------------------------------------------------------------------

const built = spawnSync('npx', ['vite', 'build'], { cwd: HERE, encoding: 'utf8' });
if (built.status !== 0) throw new Error(built.stderr);
const files = filesIn(BUILD);
const scripts = files.filter((file) => file.endsWith('.js'));
gate('JavaScript, all of it, gzipped', together(scripts), 110, 'KB');
gate('style sheets, gzipped', together(files.filter((file) => file.endsWith('.css'))), 12, 'KB');
gate('fonts', files.filter((file) => /\.(woff2?|ttf|otf)$/.test(file)).length, 0, '');

const tempo = await service();
const stage = await Stage.open(tempo.origin, BUILD);
const executablePath =
  process.env.TEMPO_CHROMIUM ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({
  ...(executablePath && { executablePath }),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : []
});

try {
  // A first visit.
  const visitor = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await visitor.addInitScript(observe);
  /** @type {Set<string>} */
  const loaded = new Set();
  let foreign = 0;
  visitor.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin !== stage.origin) foreign++;
    if (pathname.endsWith('.js')) loaded.add(join(BUILD, pathname));
  });
  const throttle = await visitor.context().newCDPSession(visitor);
  await throttle.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await visitor.goto(stage.origin);
  await visitor.waitForFunction(() => /** @type {any} */ (window).seen.enabled);
  await visitor.waitForTimeout(500);
  gate('JavaScript of the first load, gzipped', together([...loaded]), 80, 'KB');
  gate('requests that leave the origin', foreign, 0, '');
  const paint = await visitor.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN
  );
  seen('first contentful paint, CPU slowed 4 times', paint / 1000, 0.8, 's');
  seen('interactive, CPU slowed 4 times', (await taken(visitor, 'enabled')) / 1000, 1.5, 's');
  await visitor.close();

  // A long run.
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(observe);
  const session = await page.context().newCDPSession(page);
  const events = longRun(STEPS);
  stage.play('long', events, { rate: (STEPS_A_SECOND * events.length) / STEPS });
  await page.goto(`${stage.origin}/#/run/long`);
  const state = page.getByLabel('State of the run');
  await state.getByText('generating').waitFor();
  await taken(page, 'frames');
  await taken(page, 'tasks');
  const whileRunning = await hover(page);
  await state.getByText('all steps are done').waitFor({ timeout: 300_000 });
  const frames = await taken(page, 'frames');
  const tasks = await taken(page, 'tasks');
  const what = `while ${STEPS} steps come, ${STEPS_A_SECOND} a second`;
  seen(`${what}: longest task`, Math.max(0, ...tasks), 100, 'ms');
  seen(`${what}: tasks over 100 ms`, tasks.filter((one) => one > 100).length, 0, '');
  seen(`${what}: frame, 99th percentile`, quantile(frames, 0.99), 33, 'ms');
  seen(`${what}: hover, 95th percentile`, quantile(whileRunning, 0.95), 50, 'ms');
  seen('hover after it, 95th percentile', quantile(await hover(page), 0.95), 50, 'ms');
  gate('elements of the page with the whole text', await elements(page), 40_000, '');
  for (const name of ['Tree', 'Details', 'Chart']) {
    await open(page, name);
    const shown = await elements(page, `#panel-${name.toLowerCase()}`);
    gate(`elements of ${name}`, shown, name === 'Details' ? 6_000 : 4_000, '');
  }
  await taken(page, 'click');
  for (const name of ['Text', 'Tree', 'Details', 'Chart', 'Text', 'Tree', 'Details', 'Text'])
    await open(page, name);
  seen('tab switch, slowest', Math.max(...(await taken(page, 'click'))), 200, 'ms');
  const slider = page.getByRole('slider').first();
  if (await slider.count()) {
    await slider.focus();
    await taken(page, 'keydown');
    for (const key of [
      'Home',
      'PageUp',
      'ArrowRight',
      'ArrowRight',
      'End',
      'ArrowLeft',
      'PageDown'
    ])
      for (let time = 0; time < 3; time++) {
        await page.keyboard.press(key);
        await page.waitForTimeout(60);
      }
    seen('scrub, 95th percentile', quantile(await taken(page, 'keydown'), 0.95), 50, 'ms');
    await page.keyboard.press('End');
  }
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  seen('heap with the whole run', usedSize / 1e6, 120, 'MB');
} finally {
  await browser.close();
  await stage.close();
  tempo.end();
}

/** @param {number} value */
const figure = (value) =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
const table = rows.map(({ what, found, most, unit, isGate }) => {
  const verdict = found <= most ? 'within' : 'OVER';
  return `${what.padEnd(62)}${figure(found).padStart(9)} ${unit.padEnd(3)} of ${figure(most).padStart(7)}  ${verdict}${isGate ? '' : ' (reported)'}`;
});
const text = [
  `What the page costs; ${relative(join(HERE, '..'), fileURLToPath(import.meta.url))} writes this.`,
  `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), shared with other work: load ${loadavg()[0]?.toFixed(1)};`,
  'Chromium without a graphics card. Sizes and counts fail when over; times are reported.',
  '',
  ...table,
  ''
].join('\n');
console.log(text);
writeFileSync(RESULTS, text);
process.exitCode = rows.some((row) => row.isGate && row.found > row.most) ? 1 : 0;
