import { expect, test } from 'vitest';
import { COLLAPSED } from './collapse';
import { bars, heatOf, LEVELS } from './heat';
import { sampleSteps } from './lattice_samples';
import { layOut } from './layout';
import { width } from './view';

const { steps, chain } = sampleSteps(3_000, 6, 0);
const layout = layOut({
  steps,
  chain,
  prompt: 'p',
  ending: null,
  expansion: COLLAPSED,
  withUnkept: false
});
const k = 900 / layout.width;

test('from afar there are no more bars than fit, and none is lost', () => {
  const found = bars(layout, { x: 0, k }, 900, 3);
  expect(found.length).toBeGreaterThan(290);
  expect(new Set(found.map((bar) => bar.x)).size).toBe(found.length);
  expect(found.every((bar) => bar.x >= 0 && bar.x < 900)).toBe(true);
  const most = Math.max(...steps.map((step) => width(step!)));
  expect(Math.max(...found.map((bar) => bar.kept))).toBe(most);
  const entropy = Math.max(...steps.map((step) => step!.entropy));
  expect(Math.max(...found.map((bar) => bar.entropy))).toBe(entropy);
});

test('bars move with the view', () => {
  const near = bars(layout, { x: -300 * k * 10, k: k * 10 }, 900, 3);
  expect(near.length).toBeLessThanOrEqual(300);
  expect(bars(layout, { x: 2_000, k }, 900, 3)).toEqual([]);
});

test('tints rise with entropy, and end at the strongest', () => {
  expect(heatOf(0)).toBe(1);
  expect(heatOf(100)).toBe(LEVELS);
  for (let entropy = 0; entropy < 5; entropy += 0.1) {
    expect(heatOf(entropy + 0.1)).toBeGreaterThanOrEqual(heatOf(entropy));
  }
});
