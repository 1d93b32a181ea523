import { expect, test } from 'vitest';
import { drawnEvents } from '../../../tests/drawn_runs';
import { RUNS, RUN_NAMES } from '../../../tests/fixtures/runs';
import { Random, SEEDS } from '../../../tests/random';
import { EventFormatError, parseEvent, readEvent, type RunEvent } from './events';
import { spell, spoken, visible } from './spelling';
import { RunLog } from './run_log';
import { posteriors } from './posteriors';
import { bestPath } from './view';

const HOSTILE: unknown[] = [
  null,
  undefined,
  true,
  '',
  'x',
  '__proto__',
  -1,
  1.5,
  1e9,
  1e308,
  Infinity,
  NaN,
  [],
  [null],
  [[]],
  [{}],
  [{ step: 1e9 }],
  {},
  { toString: null, valueOf: null },
  { length: 1e9 },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}')
];

/** Put something else in one place of an event, at any depth. */
function spoiled(event: unknown, random: Random): unknown {
  const copy: unknown = structuredClone(event);
  let place = copy as Record<string, unknown>;
  for (;;) {
    const name = random.one(Object.keys(place));
    const inside = place[name];
    const canEnter = typeof inside === 'object' && inside !== null && Object.keys(inside).length;
    if (canEnter && random.chance(0.7)) {
      place = inside as Record<string, unknown>;
      continue;
    }
    if (random.chance(0.2) && !Array.isArray(place)) Reflect.deleteProperty(place, name);
    else place[name] = random.one(HOSTILE);
    return copy;
  }
}

/** What panels do with a run; whatever was let in must stand it. */
function use(event: RunEvent): void {
  const log = new RunLog();
  for (let seq = 0; seq < Math.min(event.seq, 9); seq++)
    log.append(readEvent({ type: 'run.stats', seq, steps: 0 }));
  log.append({ ...event, seq: log.newest + 1 });
  const view = log.now();
  expect(view.steps.length).toBeLessThanOrEqual(1_000_000);
  posteriors(view);
  spell(bestPath(view).map((one) => one.candidate));
  spell(view.prompt.tokens);
  for (const step of view.steps.slice(0, 99))
    for (const one of step?.candidates ?? []) {
      visible(one.text);
      spoken(one.text);
      [one.p, one.rank, one.score ?? 0, one.weight ?? 0].map((number) => number.toFixed(2));
      one.verdict?.score?.toFixed(2);
    }
  (view.at / 1000).toFixed(2);
  view.tokensPerSecond?.toFixed(0);
}

test.each(SEEDS)('a spoiled event is refused in words, or does no harm: seed %i', (seed) => {
  const random = new Random(1000 + seed);
  const events = [...drawnEvents(random, 40), ...RUN_NAMES.flatMap((name) => RUNS[name].events)];
  let refused = 0;
  for (let time = 0; time < 300; time++) {
    const wrong = spoiled(random.one(events), random);
    try {
      use(readEvent(wrong));
    } catch (error) {
      if (!(error instanceof EventFormatError)) throw error;
      expect(error.message.length).toBeGreaterThan(10);
      expect(error.message.length).toBeLessThan(400);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(30);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test.each(HOSTILE.map((value) => [value]))('%o is no event', (value) => {
  expect(() => readEvent(value)).toThrow(EventFormatError);
  for (const type of [value, 'step.appended', 'constructor', '__proto__', 'toString']) {
    const event = { seq: 0, type, step: value, candidates: value };
    if (typeof type === 'string' && type.includes('.'))
      expect(() => readEvent(event)).toThrow(EventFormatError);
    else expect(readEvent(event).type).toBe('unknown');
  }
});

test.each([
  '',
  '{',
  '[]',
  'null',
  '"a"',
  'NaN',
  '{"seq": 0',
  '\u0000',
  '{"seq": -1}',
  '{"seq": 1e400}'
])('the text %j is no event', (text) => {
  expect(() => parseEvent(text)).toThrow(EventFormatError);
});

test('an unknown type keeps its number and its fields', () => {
  const event = parseEvent('{"seq": 7, "type": "later.told", "t_ms": 3, "what": [1]}');
  expect(event).toMatchObject({ type: 'unknown', named: 'later.told', seq: 7, what: [1] });
});

test('unknown fields of known types are kept', () => {
  expect(readEvent({ seq: 0, type: 'run.stats', steps: 1, more: 2 })).toMatchObject({ more: 2 });
});

test('a message says which field of which event is wrong', () => {
  expect(() => readEvent({ seq: 4, type: 'text.settled', steps: 1 })).toThrow(
    /event 4 \(text.settled\): "text" is missing/
  );
});

test.each(RUN_NAMES)('every event of a real run is read as it is: %s', (name) => {
  for (const event of RUNS[name].events) expect(readEvent(event)).toBe(event);
});
