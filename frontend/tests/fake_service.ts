/** A service that is not there: what it answers is written down, what it is asked is kept. */

import {
  ApiError,
  type Api,
  type RunAnswer,
  type SettingsCheck,
  type SettingsSchema
} from '$lib/api/client';
import type { RunEvent } from '$lib/domain/events';

export const CHECKED: SettingsCheck = { errors: [], without_effect: [], curve: null };
export const SCHEMA: SettingsSchema = { settings: [], presets: [], limits: {} };

export const refusal = (
  status: number,
  message = `refused ${status}`,
  after: number | null = null
) => new ApiError(message, 'kind', status, 'request', after);

/** An api of which only some methods are there; the others fail the test that calls them. */
export function fakeApi(given: Partial<Api>): Api {
  return new Proxy(given as Api, {
    get(target, name: keyof Api) {
      return (
        target[name] ??
        (() => {
          throw new Error(`${String(name)} was not expected`);
        })
      );
    }
  });
}

/** A service that is ready, has one model, and no runs. */
export const readyApi = (given: Partial<Api> = {}): Api =>
  fakeApi({
    ready: () => Promise.resolve(true),
    models: () => Promise.resolve([{ id: 'fake', fingerprint: 'f', context: 100, vocabulary: 10 }]),
    schema: () => Promise.resolve(SCHEMA),
    check: () => Promise.resolve(CHECKED),
    runs: () => Promise.resolve({ runs: [], before: null }),
    run: () => Promise.resolve({ result: null } as RunAnswer),
    ...given
  });

/** An event as the stream sends it. */
export const line = (event: RunEvent): string =>
  `id: ${event.seq}\r\nevent: ${event.type}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`;

export type Part = Uint8Array | 'break' | 'hang';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A response whose body comes in parts; it may break, or never end. */
export function streamed(parts: readonly Part[], signal?: AbortSignal): Response {
  const left = [...parts];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      signal?.addEventListener('abort', () => {
        try {
          controller.error(new DOMException('aborted', 'AbortError'));
        } catch {
          // it is over already
        }
      });
    },
    pull(controller) {
      const part = left.shift();
      if (part === undefined) controller.close();
      else if (part === 'break') controller.error(new TypeError('network error'));
      else if (part === 'hang') return new Promise(() => {});
      else controller.enqueue(part);
      return undefined;
    }
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}
