import { expect, test } from 'vitest';
import { drawnEvents } from '../../../tests/drawn_runs';
import { logOf, RUNS, RUN_NAMES, viewOf } from '../../../tests/fixtures/runs';
import { Random, SEEDS } from '../../../tests/random';
import type { RunEvent } from './events';
import { chainOf } from './paths';
import { RunLog } from './run_log';
import { spell } from './spelling';
import { bestPath, isMember, lineage, type RunView } from './view';

/** Every drawn run, and every run of the service. */
const ALL: [string, RunEvent[]][] = [
  ...SEEDS.map((seed): [string, RunEvent[]] => [
    `drawn ${seed}`,
    drawnEvents(new Random(seed), seed < 3 ? 1400 : 120)
  ]),
  ...RUN_NAMES.map((name): [string, RunEvent[]] => [name, RUNS[name].events])
];

test.each(ALL)('any portions, order and repeats give the same run: %s', (name, events) => {
  const random = new Random(name.length + events.length);
  const whole = logOf(events).now();
  const log = new RunLog();
  const untidy: RunEvent[] = [];
  for (let from = 0; from < events.length;) {
    const portion = events.slice(from, (from += 1 + random.below(40)));
    const repeated = portion.filter(() => random.chance(0.2));
    untidy.push(...random.shuffled([...portion, ...repeated]));
  }
  for (const event of untidy) log.append(event);
  expect(log.newest).toBe(events.length - 1);
  expect(log.events).toEqual(events);
  expect(log.now()).toEqual(whole);
});

test.each(ALL)('any moment is what the first events alone tell: %s', (_, events) => {
  const random = new Random(events.length);
  const log = logOf(events);
  const moments = [0, 1, 511, 512, 513, events.length, events.length + 5, -1];
  for (const seen of [...moments, ...Array.from({ length: 12 }, () => random.below(events.length))])
    expect(log.at(seen)).toEqual(logOf(events.slice(0, Math.max(0, seen))).now());
});

test.each(ALL)('a view stays as it was while the run goes on: %s', (_, events) => {
  const half = Math.floor(events.length / 2);
  const log = logOf(events.slice(0, half));
  const view = log.now();
  const before = structuredClone(view);
  for (const event of events.slice(half)) log.append(event);
  log.at(half - 1);
  expect(view).toEqual(before);
});

test.each(ALL)('only what an event changes gets a new object: %s', (_, events) => {
  const log = new RunLog();
  let before = log.now();
  for (const event of events.slice(0, 100)) {
    log.append(event);
    const after = log.now();
    const touched = new Set<number>();
    if (event.type === 'step.appended') touched.add(event.step);
    if (event.type === 'candidates.pruned') {
      for (const one of [...event.steps, ...event.items]) touched.add(one.step);
      for (const number of event.removed) touched.add(number);
    }
    after.steps.forEach((step, number) => {
      if (!touched.has(number)) expect(step).toBe(before.steps[number]);
    });
    before = after;
  }
});

test('what comes too early waits, and what came is told once', () => {
  const [first, second, third] = RUNS.pruned.events as [RunEvent, RunEvent, RunEvent];
  const log = new RunLog();
  expect(log.append(third)).toBe(false);
  expect(log.append(second)).toBe(false);
  expect(log.newest).toBe(-1);
  expect(log.append(first)).toBe(true);
  expect(log.newest).toBe(2);
  expect(log.append(second)).toBe(false);
});

test.each(RUN_NAMES)('the chain is at the end the best path of the result: %s', (name) => {
  const view = viewOf(name);
  const chain: Record<string, number> = {};
  view.chain.forEach((index, step) => {
    if (index >= 0) chain[step] = index;
  });
  expect(chain).toEqual(RUNS[name].best);
  const path = bestPath(view);
  expect(spell(path.map((one) => one.candidate)).join('')).toBe(RUNS[name].text);
  expect(
    chainOf(
      view,
      path.map((one) => one.candidate.id)
    )?.filter((index) => index >= 0)
  ).toEqual(path.map((one) => one.index));
});

test.each(RUN_NAMES)('at each moment the chain is a path of members: %s', (name) => {
  const log = new RunLog();
  const check = (view: RunView) => {
    const path = bestPath(view);
    for (const { candidate } of path) expect(isMember(candidate)).toBe(true);
    const end = path[path.length - 1];
    if (!end) return;
    const back = lineage(view, end.step.step, end.index);
    expect(back).toEqual(path.map((one) => ({ step: one.step.step, index: one.index })));
  };
  for (const event of RUNS[name].events) {
    log.append(event);
    check(log.now());
  }
});

test('a step that left is gone, and what was decided of it stays', () => {
  const view = viewOf('removed');
  const removed = RUNS.removed.events.flatMap((event) =>
    event.type === 'candidates.pruned' ? event.removed : []
  );
  expect(removed).not.toHaveLength(0);
  for (const number of removed) {
    expect(view.steps[number]).toBeUndefined();
    expect(view.chain[number]).toBe(-1);
    expect(view.verdicts.some((verdict) => verdict.step === number)).toBe(true);
  }
});

test('a judged candidate holds its latest verdict, also once its step is told anew', () => {
  const view = viewOf('pruned');
  const judged = view.verdicts.filter((one) => one.effect === 'pruned');
  expect(judged).not.toHaveLength(0);
  for (const one of judged) {
    const candidate = view.steps[one.step]!.candidates[one.index]!;
    expect(candidate.id).toBe(one.token_id);
    expect(candidate.state).toBe('pruned');
    expect(candidate.verdict).toEqual(one);
  }
  for (const step of view.steps) {
    const pruned = step!.candidates.filter((one) => one.state === 'pruned');
    expect(step!.pruned).toBe(pruned.length);
  }
});
