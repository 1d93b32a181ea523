/** The service, as the page asks it. */

import type { ModelFacts, RunEvent, Settings, SettingValue } from '$lib/domain/events';

/** What a setting is; GET /api/v1/settings/schema. */
export interface SettingSpec {
  name: string;
  label: string;
  kind: 'number' | 'integer' | 'boolean' | 'choice' | 'texts';
  group: string;
  meaning: string;
  advice: string;
  allowed: string;
  default: SettingValue;
  choices: string[];
  optional: boolean;
  least: number | null;
  most: number | null;
  open_below: boolean;
  /** what a slider offers where the range has no end */
  low: number | null;
  high: number | null;
  step: number | null;
  also: string[];
}

export interface Preset {
  name: string;
  label: string;
  meaning: string;
  settings: Settings;
}

export interface SettingsSchema {
  settings: SettingSpec[];
  presets: Preset[];
  limits: Record<string, number>;
}

export interface SettingsCheck {
  errors: { field: string | null; message: string }[];
  without_effect: { field: string; needs: string }[];
  curve: {
    setting: string;
    shape: string;
    sentence: string;
    points: [number, number][];
  } | null;
}

export interface ModelAnswer extends ModelFacts {
  fingerprint: string;
  context: number;
  vocabulary: number;
}

export type RunState = 'queued' | 'running' | 'finished' | 'cancelled' | 'failed' | 'interrupted';

export interface RunSummary {
  run_id: string;
  state: RunState;
  asked_at: number;
  ended_at: number | null;
  prompt: string | null;
  parent: { run_id: string; step: number; token_id: number } | null;
  forked_at: number | null;
  stored: boolean;
}

/** One of the n best texts. */
export interface NBestText {
  text: string;
  token_ids: number[];
  log_probability: number;
  mean_log_probability: number;
  text_log_probability: number;
  share: number | null;
  finished: boolean;
}

export interface RunResult {
  clean_text: string;
  generated_text: string;
  n_best: NBestText[];
  timing: Record<string, number>;
  cost?: Record<string, number>;
  lattice?: Record<string, unknown>;
  [field: string]: unknown;
}

export interface RunAnswer extends RunSummary {
  continued_from: 'state' | 'prefill' | null;
  children: RunSummary[];
  request: Record<string, unknown>;
  events: RunEvent[];
  result: RunResult | null;
}

export interface AttentionRow {
  token_id: number;
  text: string;
  attends: { position: number; token_id: number; text: string; weight: number }[];
}

/** An answer that is no success: what the service says, or that there was none. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly kind: string,
    /** 0 where nothing answered */
    readonly status: number,
    readonly requestId = '',
    /** seconds to wait before another try, where the service says */
    readonly retryAfter: number | null = null
  ) {
    super(message);
  }

  /** Whether nobody was there, in contrast to a refusal. */
  get isAway(): boolean {
    return this.status === 0 || this.status === 502;
  }
}

export interface Api {
  schema(): Promise<SettingsSchema>;
  check(settings: Settings, signal?: AbortSignal): Promise<SettingsCheck>;
  models(): Promise<ModelAnswer[]>;
  ready(): Promise<boolean>;
  begin(prompt: string, settings: Settings): Promise<string>;
  fork(run: string, step: number, token: number, maxSteps?: number): Promise<string>;
  cancel(run: string): Promise<void>;
  run(run: string, lattice?: boolean): Promise<RunAnswer>;
  runs(before?: number): Promise<{ runs: RunSummary[]; before: number | null }>;
  attention(run: string, step: number, count: number): Promise<AttentionRow[]>;
  /** Open a request as it is; the stream of events needs this. */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>;
}

const AWAY = 'The service does not answer. Is `tempo serve` running?';

async function refusal(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get('Retry-After')) || null;
  const id = response.headers.get('X-Request-ID') ?? '';
  try {
    const body = (await response.json()) as { error?: { kind?: string; message?: string } };
    const { kind = 'unknown', message = response.statusText } = body.error ?? {};
    return new ApiError(message, kind, response.status, id, after);
  } catch {
    const message = `The service answered ${response.status} ${response.statusText}.`;
    return new ApiError(message, 'unknown', response.status, id, after);
  }
}

/** The service at this page's own origin; `token` gives the bearer token, null for none. */
export function createApi(token: () => string | null, base = ''): Api {
  const headers = (): Record<string, string> => {
    const held = token();
    return held ? { Authorization: `Bearer ${held}` } : {};
  };

  async function ask(path: string, given: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(base + path, {
        ...given,
        headers: { ...headers(), ...(given.headers as Record<string, string>) }
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(AWAY, 'away', 0);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
    (await (await ask(path, signal ? { signal } : {})).json()) as T;

  const post = async <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> => {
    const given: RequestInit = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body)
    };
    return (await (await ask(path, signal ? { ...given, signal } : given)).json()) as T;
  };

  return {
    schema: () => get('/api/v1/settings/schema'),
    check: (settings, signal) => post('/api/v1/settings/check', { settings }, signal),
    models: async () => (await get<{ models: ModelAnswer[] }>('/api/v1/models')).models,
    ready: async () => {
      try {
        await (await ask('/ready')).text(); // read to its end, or the browser keeps it open
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 503) return false;
        throw error;
      }
    },
    begin: async (prompt, settings) =>
      (await post<{ run_id: string }>('/api/v1/runs', { prompt, ...settings })).run_id,
    fork: async (run, step, token_id, max_steps) =>
      (
        await post<{ run_id: string }>(`/api/v1/runs/${run}/fork`, {
          step,
          token_id,
          ...(max_steps === undefined ? {} : { max_steps })
        })
      ).run_id,
    cancel: async (run) => {
      await (await ask(`/api/v1/runs/${run}/cancel`, { method: 'POST' })).text();
    },
    run: (run, lattice = false) => get(`/api/v1/runs/${run}${lattice ? '?lattice=true' : ''}`),
    runs: (before) => get(`/api/v1/runs${before === undefined ? '' : `?before=${before}`}`),
    attention: async (run, step, count) =>
      (
        await get<{ rows: AttentionRow[] }>(
          `/api/v1/runs/${run}/steps/${step}/attention?k=${count}`
        )
      ).rows,
    open: (path, more, signal) => ask(path, { headers: more, signal })
  };
}
