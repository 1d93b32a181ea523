import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bytes, fakeApi, line, refusal, streamed, type Part } from '../../../tests/fake_service';
import { RUNS, RUN_NAMES, logOf } from '../../../tests/fixtures/runs';
import { Random, SEEDS } from '../../../tests/random';
import type { RunEvent } from '$lib/domain/events';
import { RunLog } from '$lib/domain/run_log';
import type { ApiError } from './client';
import { follow } from './stream';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Answer = (headers: Record<string, string>, signal: AbortSignal) => Response;

/** What a follower was told, by a service that answers each request as written down. */
function following(answers: Answer[] | Answer, after = -1) {
  const seen = {
    told: [] as RunEvent[],
    asked: [] as { path: string; headers: Record<string, string> }[],
    lost: [] as { reason: string; wait: number }[],
    connected: 0,
    ended: [] as (ApiError | null)[],
    stop: () => {}
  };
  const api = fakeApi({
    open: (path, headers, signal) => {
      seen.asked.push({ path, headers });
      const answer = Array.isArray(answers) ? answers[seen.asked.length - 1] : answers;
      if (!answer) return new Promise(() => {});
      try {
        return Promise.resolve(answer(headers, signal));
      } catch (error) {
        return Promise.reject(error);
      }
    }
  });
  seen.stop = follow(api, 'run', after, {
    told: (events) => seen.told.push(...events),
    lost: (reason, wait) => seen.lost.push({ reason, wait }),
    connected: () => seen.connected++,
    ended: (error) => seen.ended.push(error)
  });
  return seen;
}

const some = (milliseconds = 60_000) => vi.advanceTimersByTimeAsync(milliseconds);
const lines = (events: readonly RunEvent[]) => bytes(events.map(line).join(''));
const { events } = RUNS.odd;

const fail =
  (error: unknown): Answer =>
  () => {
    throw error;
  };

test.each(RUN_NAMES)('all events come in their order, and then it has ended: %s', async (name) => {
  const all = RUNS[name].events;
  const seen = following([() => streamed([bytes(': hello\r\n\r\n'), lines(all)])]);
  await some();
  expect(seen.told).toEqual(all);
  expect(seen.ended).toEqual([null]);
  expect(seen.asked).toHaveLength(1);
  expect(seen.asked[0]).toEqual({
    path: '/api/v1/runs/run/events',
    headers: { Accept: 'text/event-stream' }
  });
});

test.each(SEEDS)('broken anywhere, nothing is lost and nothing doubled: seed %i', async (seed) => {
  const random = new Random(seed);
  const all = RUNS[random.one(RUN_NAMES)].events;
  const answer: Answer = (headers, signal) => {
    const from = Number(headers['Last-Event-ID'] ?? -1) + 1;
    const whole = lines(all.slice(from));
    const parts: Part[] = [];
    // cut within lines and within characters, and broken after some of them
    for (let place = 0; place < whole.length;) {
      const end = place + 1 + random.below(random.chance(0.3) ? 5 : 4000);
      parts.push(whole.slice(place, end));
      place = end;
      if (random.chance(0.05))
        return streamed([...parts, random.chance(0.5) ? 'break' : 'hang'], signal);
      if (random.chance(0.05)) return streamed(parts, signal);
    }
    return streamed(parts, signal);
  };
  const seen = following(answer);
  await some(3_600_000);
  expect(seen.ended).toEqual([null]);
  expect(seen.told.map((event) => event.seq)).toEqual(all.map((event) => event.seq));
  expect(logOf(seen.told).now()).toEqual(logOf(all).now());
  expect(seen.connected).toBe(seen.asked.length);
  expect(seen.lost).toHaveLength(seen.asked.length - 1);
});

test('it goes on behind the number it was asked from', async () => {
  const seen = following([() => streamed([lines(events.slice(3))])], 2);
  await some();
  expect(seen.asked[0]!.headers['Last-Event-ID']).toBe('2');
  expect(seen.told[0]!.seq).toBe(3);
});

test('a service that tells old events again takes nobody back', async () => {
  const seen = following([
    () => streamed([lines(events.slice(0, 5)), lines(events.slice(0, 2))]),
    () => streamed([lines(events)])
  ]);
  await some();
  expect(seen.asked[1]!.headers['Last-Event-ID']).toBe('4');
  const log = new RunLog();
  for (const event of seen.told) log.append(event);
  expect(log.events).toEqual(events);
});

test('204 ends it: all was read before', async () => {
  const seen = following([() => new Response(null, { status: 204 })], 9);
  await some();
  expect(seen).toMatchObject({ told: [], ended: [null], lost: [] });
});

test.each([400, 401, 403, 404, 410])('%i ends it with the words of the service', async (status) => {
  const seen = following([fail(refusal(status, 'these words'))]);
  await some();
  expect(seen.ended).toHaveLength(1);
  expect(seen.ended[0]!.message).toBe('these words');
  expect(seen.asked).toHaveLength(1);
});

test.each([0, 429, 500, 502, 503, 504])('%i is tried again', async (status) => {
  const seen = following([fail(refusal(status, 'not now')), () => streamed([lines(events)])]);
  await some();
  expect(seen.lost).toEqual([{ reason: 'not now', wait: 250 }]);
  expect(seen.ended).toEqual([null]);
});

test('it waits longer each time, up to five seconds, and anew after an event', async () => {
  const away = fail(refusal(0));
  const seen = following([
    ...Array.from({ length: 8 }, () => away),
    () => streamed([lines(events.slice(0, 1)), 'break']),
    away
  ]);
  await some(120_000);
  expect(seen.lost.map((one) => one.wait)).toEqual([
    250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 250, 500
  ]);
});

test.each([
  [7, 7_000],
  [86_400, 60_000],
  [-5, 250],
  [null, 250]
])('asked to wait %s s, it waits %i ms', async (after, wait) => {
  const seen = following([fail(refusal(429, 'full', after))]);
  await some(wait - 1);
  expect(seen.asked).toHaveLength(1);
  await some(2);
  expect(seen.asked).toHaveLength(2);
  expect(seen.lost).toEqual([{ reason: 'full', wait }]);
});

test('a connection that falls silent is given up, one that says little is not', async () => {
  const quiet: Answer = (_, signal) => streamed([lines(events.slice(0, 1)), 'hang'], signal);
  const seen = following([quiet, () => streamed([lines(events.slice(1))])]);
  await some(39_000);
  expect(seen.lost).toEqual([]);
  await some(2_000);
  expect(seen.lost).toEqual([{ reason: 'Nothing came for too long.', wait: 250 }]);
  expect(seen.ended).toEqual([null]);
  expect(seen.asked[1]!.headers['Last-Event-ID']).toBe('0');
});

test('what a broken connection says is said in our words', async () => {
  const seen = following([() => streamed(['break'])]);
  await some(10);
  expect(seen.lost[0]!.reason).toBe('The connection was closed.');
});

test('what is no event ends it, after what came before', async () => {
  const seen = following([
    () => streamed([bytes(`${line(events[0]!)}data: {"seq": 1, "type": "step.appended"}\n\n`)])
  ]);
  await some();
  expect(seen.told).toEqual(events.slice(0, 1));
  expect(seen.ended[0]!.message).toMatch(/sent what is no event: event 1 \(step.appended\)/);
  expect(seen.asked).toHaveLength(1);
});

test('stopped, it tells nothing more and asks nothing more', async () => {
  const seen = following([(_, signal) => streamed([lines(events.slice(0, 2)), 'hang'], signal)]);
  await some(10);
  expect(seen.told).toHaveLength(2);
  seen.stop();
  await some(600_000);
  expect(seen).toMatchObject({ lost: [], ended: [] });
  expect(seen.asked).toHaveLength(1);
});

test('stopped while it waits, it asks nothing more', async () => {
  const seen = following([fail(refusal(0))]);
  await some(10);
  seen.stop();
  await some(600_000);
  expect(seen.asked).toHaveLength(1);
  expect(seen.ended).toEqual([]);
});
