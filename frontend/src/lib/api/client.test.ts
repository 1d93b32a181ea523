import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, createApi } from './client';

afterEach(() => vi.unstubAllGlobals());

/** The service's next answer; returns what it was asked. */
function answering(answer: () => Response | Promise<Response>) {
  const asked = vi.fn<(path: string, given: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(answer())
  );
  vi.stubGlobal('fetch', asked);
  return asked;
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

const refused = async (asking: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await asking.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
};

test('a refusal is said in the words of the service', async () => {
  const error = { kind: 'overloaded', message: 'The queue is full.' };
  answering(() => json({ error }, 429, { 'Retry-After': '7', 'X-Request-ID': 'abc' }));
  expect(await refused(createApi(() => null).begin('Once', {}))).toMatchObject({
    message: 'The queue is full.',
    kind: 'overloaded',
    status: 429,
    requestId: 'abc',
    retryAfter: 7,
    isAway: false
  });
});

test.each(['<html>Bad gateway</html>', '', 'null', '[]', '{"error": null}', '{"error": 5}'])(
  'a refusal that says nothing still says its status: %j',
  async (body) => {
    answering(() => new Response(body, { status: 502, statusText: 'Bad Gateway' }));
    const error = await refused(createApi(() => null).runs());
    expect(error.message).toMatch(/Bad Gateway/);
    expect(error.isAway).toBe(true);
  }
);

test('where nobody answers, it says what to look at', async () => {
  answering(() => Promise.reject(new TypeError('Failed to fetch')));
  const error = await refused(createApi(() => null).models());
  expect(error.message).toMatch(/tempo serve/);
  expect(error).toMatchObject({ status: 0, isAway: true });
});

test('a request that was given up is no error of the service', async () => {
  answering(() => Promise.reject(new DOMException('given up', 'AbortError')));
  await expect(createApi(() => null).check({})).rejects.toBeInstanceOf(DOMException);
});

test('the token goes along with each request, and only where there is one', async () => {
  let token: string | null = null;
  const asked = answering(() => json({ runs: [], before: null }));
  const api = createApi(() => token);
  await api.runs();
  expect(asked.mock.lastCall![1].headers).toEqual({});
  token = 'secret';
  await api.runs(5);
  expect(asked.mock.lastCall).toEqual([
    '/api/v1/runs?before=5',
    { headers: { Authorization: 'Bearer secret' } }
  ]);
  await api.begin('Once', { max_steps: 3 });
  expect(asked.mock.lastCall![1]).toMatchObject({
    method: 'POST',
    headers: { Authorization: 'Bearer secret', 'Content-Type': 'application/json' },
    body: '{"prompt":"Once","max_steps":3}'
  });
});

test('a model that is being loaded is not ready; anything else is an error', async () => {
  answering(() => json({}));
  expect(await createApi(() => null).ready()).toBe(true);
  answering(() => json({ error: { message: 'loading' } }, 503));
  expect(await createApi(() => null).ready()).toBe(false);
  answering(() => json({ error: { message: 'no' } }, 500));
  await refused(createApi(() => null).ready());
});

test('a fork names the token; max_steps only where it is asked for', async () => {
  const asked = answering(() => json({ run_id: 'new' }));
  const api = createApi(() => null);
  expect(await api.fork('run', 3, 577)).toBe('new');
  expect(asked.mock.lastCall![1].body).toBe('{"step":3,"token_id":577}');
  await api.fork('run', 3, 577, 9);
  expect(asked.mock.lastCall![1].body).toBe('{"step":3,"token_id":577,"max_steps":9}');
});
