import { expect, test, vi } from 'vitest';
import { fakeApi, line, bytes, refusal, streamed } from '../../../tests/fake_service';
import { RUNS, viewOf } from '../../../tests/fixtures/runs';
import type { Api, RunAnswer, RunResult } from '$lib/api/client';
import { RunStore } from './run.svelte';

const { events } = RUNS.pruned;
const whole = (count = events.length) => bytes(events.slice(0, count).map(line).join(''));
const result = { n_best: [{ text: 'a', token_ids: [1] }] } as unknown as RunResult;

const storeOf = (given: Partial<Api>): RunStore =>
  new RunStore('run', fakeApi({ run: () => Promise.resolve({ result } as RunAnswer), ...given }));

test('a run is read, shown, and its n best texts are asked for at its end', async () => {
  const run = storeOf({ open: () => Promise.resolve(streamed([whole()])) });
  expect(run.status).toBe('opening');
  run.connect();
  await vi.waitFor(() => expect(run.result).toBe(result));
  expect(run).toMatchObject({ status: 'ended', isRunning: false, isLatest: true, problem: null });
  expect(run.live).toEqual(viewOf('pruned'));
  expect(run.nBest).toHaveLength(1);
});

test('many events in one go make one new view', async () => {
  let views = 0;
  const run = storeOf({ open: () => Promise.resolve(streamed([whole(20), 'hang'])) });
  run.connect();
  let last = run.live;
  await vi.waitFor(() => {
    if (run.live !== last) views++;
    last = run.live;
    expect(run.live.seen).toBe(20);
  });
  expect(views).toBe(1);
  run.close();
});

test('a lost connection is said, and the run goes on where it was', async () => {
  const asked: (string | undefined)[] = [];
  const run = storeOf({
    open: (_, headers) => {
      asked.push(headers['Last-Event-ID']);
      return Promise.resolve(
        asked.length === 1
          ? streamed([whole(5), 'break'])
          : streamed([bytes(events.slice(5).map(line).join(''))])
      );
    }
  });
  run.connect();
  await vi.waitFor(() => expect(run.status).toBe('reconnecting'));
  expect(run.problem).not.toBeNull();
  await vi.waitFor(() => expect(run.status).toBe('ended'), 3000);
  expect(asked).toEqual([undefined, '4']);
  expect(run.live).toEqual(viewOf('pruned'));
});

test('a run that is not there is broken, in the words of the service, and can be tried again', async () => {
  let is = false;
  const run = storeOf({
    open: () =>
      is ? Promise.resolve(streamed([whole()])) : Promise.reject(refusal(404, 'no such run'))
  });
  run.connect();
  await vi.waitFor(() => expect(run.status).toBe('broken'));
  expect(run).toMatchObject({ problem: 'no such run', isRunning: false });
  is = true;
  run.connect();
  await vi.waitFor(() => expect(run.status).toBe('ended'));
});

test('a moment before the end is shown as it was, while the run goes on', () => {
  const run = RunStore.kept('file', events, result);
  expect(run.isKept).toBe(true);
  run.seen = 7;
  expect(run.isLatest).toBe(false);
  expect(run.view).toEqual(run.log.at(7));
  run.seen = 10_000;
  expect(run.view).toBe(run.live);
  run.seen = null;
  expect(run.isLatest).toBe(true);
});

test('the chain is that of the chosen one of the n best, and of the best while it is a replay', () => {
  const tokens = (name: 'pruned') => {
    const view = viewOf(name);
    return view.chain.map((index, step) => view.steps[step]!.candidates[index]!.id);
  };
  const last = viewOf('pruned').steps.at(-1)!;
  const other = last.candidates.findIndex((one, index) => one.state === 'kept' && index > 0);
  const second = [...tokens('pruned').slice(0, -1), last.candidates[other]!.id];
  const two = { n_best: [{ token_ids: tokens('pruned') }, { token_ids: second }] };
  const run = RunStore.kept('file', events, two as unknown as RunResult);
  expect(run.chain).toBe(run.view.chain);
  run.path = 1;
  expect(run.chain.at(-1)).toBe(other);
  run.path = 7;
  expect(run.chain).toBe(run.view.chain);
  run.path = 1;
  run.seen = 5;
  expect(run.chain).toBe(run.view.chain);
});

test('stopping is asked once, and what is wrong with it is said', async () => {
  const cancel = vi.fn(() => Promise.reject(refusal(500, 'cannot stop')));
  const run = storeOf({ cancel, open: () => Promise.resolve(streamed([whole(3), 'hang'])) });
  run.connect();
  await Promise.all([run.cancel(), run.cancel()]);
  expect(cancel).toHaveBeenCalledTimes(1);
  expect(run).toMatchObject({ problem: 'cannot stop', cancelling: false });
  run.close();
});
