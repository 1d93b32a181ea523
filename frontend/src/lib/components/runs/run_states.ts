/** Where a run stands, as a sign and in words. */

import type { RunState } from '$lib/api/client';

export const RUN_STATES: Record<RunState, { sign: string; word: string; tone: string }> = {
  queued: { sign: '…', word: 'waiting', tone: 'calm' },
  running: { sign: '●', word: 'running', tone: 'good' },
  finished: { sign: '✓', word: 'finished', tone: 'calm' },
  cancelled: { sign: '■', word: 'stopped', tone: 'calm' },
  failed: { sign: '✕', word: 'failed', tone: 'bad' },
  interrupted: { sign: '!', word: 'interrupted', tone: 'bad' }
};
