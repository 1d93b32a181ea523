/**
 * A run's events as they come, over connections that may break.
 *
 * The browser's own EventSource can send no token, so the stream is read by fetch; what it would do,
 * going on behind the last number, is done here.
 */

import { createParser } from 'eventsource-parser';
import { EventFormatError, parseEvent, type RunEvent } from '$lib/domain/events';
import { ApiError, type Api } from './client';

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;
/** However long the service asks to wait, it is asked again after a minute. */
const LONGEST_ASKED = 60_000;
/** The service sends a comment every 15 s; a connection that is silent for longer is dead. */
const SILENCE = 40_000;

export interface Following {
  /** Called with events in the order in which they came. */
  told(events: RunEvent[]): void;
  /** Called when the connection is lost, with the reason and the milliseconds until the next try. */
  lost(reason: string, wait: number): void;
  /** Called when it is there. */
  connected(): void;
  /** Called once: all has been read, or `error` says why nothing more will come. */
  ended(error: ApiError | null): void;
}

const isLast = (event: RunEvent): boolean =>
  event.type === 'run.finished' || event.type === 'run.error';

class Ended extends Error {}
class Silent extends Error {}

const CLOSED = 'The connection was closed.';

/** What is said of a lost connection: the browsers' own words for it help nobody. */
function wordsFor(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return error instanceof Silent ? 'Nothing came for too long.' : CLOSED;
}

/** Follow a run from behind event number `after`, -1 for all; returns how to stop. */
export function follow(api: Api, run: string, after: number, following: Following): () => void {
  const stopping = new AbortController();
  void loop();
  return () => stopping.abort();

  async function loop(): Promise<void> {
    let newest = after;
    let wait = FIRST_WAIT;
    while (!stopping.signal.aborted) {
      try {
        await read(newest, (events) => {
          for (const event of events) newest = Math.max(newest, event.seq);
          wait = FIRST_WAIT;
          following.told(events);
          if (events.some(isLast)) throw new Ended();
        });
        following.lost(CLOSED, wait);
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (error instanceof Ended) return following.ended(null);
        const refused = error instanceof ApiError && !error.isAway && error.status < 500;
        if (refused && error.status !== 429) return following.ended(error);
        const asked = error instanceof ApiError ? 1000 * (error.retryAfter ?? 0) : 0;
        wait = Math.max(wait, Math.min(asked, LONGEST_ASKED));
        following.lost(wordsFor(error), wait);
      }
      await pause(wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }

  async function read(newest: number, told: (events: RunEvent[]) => void): Promise<void> {
    const connection = new AbortController();
    const abort = () => connection.abort();
    const hush = () => connection.abort(new Silent());
    stopping.signal.addEventListener('abort', abort);
    let silence = setTimeout(hush, SILENCE);
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (newest >= 0) headers['Last-Event-ID'] = String(newest);
      const response = await api.open(`/api/v1/runs/${run}/events`, headers, connection.signal);
      if (response.status === 204 || !response.body) throw new Ended();
      following.connected();
      let found: RunEvent[] = [];
      const parser = createParser({
        onEvent: (message) => {
          found.push(parseEvent(message.data));
        }
      });
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (;;) {
        const { value, done } = await reader.read();
        clearTimeout(silence);
        silence = setTimeout(hush, SILENCE);
        if (done) return;
        try {
          parser.feed(decoder.decode(value, { stream: true }));
        } finally {
          const events = found;
          found = [];
          if (events.length) told(events);
        }
      }
    } catch (error) {
      if (error instanceof EventFormatError) {
        throw new ApiError(`The service sent what is no event: ${error.message}`, 'format', 400);
      }
      throw connection.signal.reason instanceof Silent ? connection.signal.reason : error;
    } finally {
      clearTimeout(silence);
      stopping.signal.removeEventListener('abort', abort);
      connection.abort();
    }
  }

  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', go);
        resolve();
      };
      const timer = setTimeout(go, milliseconds);
      stopping.signal.addEventListener('abort', go);
    });
  }
}
