/** Whether the service is there, and which model decodes. */

import { ApiError, type Api, type ModelAnswer } from '$lib/api/client';
import { keep, kept } from './keeping';

const TOKEN = 'tempo.token';
const WHILE_LOADING = 500;
const WHILE_AWAY = 2_000;

export type ConnectionStatus = 'asking' | 'loading' | 'ready' | 'away' | 'unauthorised' | 'failed';

export class Connection {
  status = $state<ConnectionStatus>('asking');
  message = $state('');
  model = $state.raw<ModelAnswer | null>(null);
  token = $state<string | null>(kept<string | null>(TOKEN, null));

  private timer: ReturnType<typeof setTimeout> | undefined;
  private isAsking = false;

  /** `opened` is called whenever the service has become ready. */
  constructor(private readonly opened: () => Promise<void>) {}

  api!: Api;

  /** Ask until the service is ready. */
  async open(): Promise<void> {
    clearTimeout(this.timer);
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      if (await this.api.ready()) {
        const [model] = await this.api.models();
        this.model = model ?? null;
        await this.opened();
        this.status = 'ready';
        this.message = '';
      } else {
        this.status = 'loading';
        this.message = 'The model is being loaded.';
        this.again(WHILE_LOADING);
      }
    } catch (error) {
      this.note(error);
    } finally {
      this.isAsking = false;
    }
  }

  /** Remember what an error says about the connection; returns the words to show. */
  note(error: unknown): string {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ApiError)) {
      this.status = 'failed';
      this.message = message;
      return message;
    }
    if (error.isAway) {
      this.status = 'away';
      this.message = message;
      this.again(WHILE_AWAY);
    } else if (error.status === 401) {
      this.status = 'unauthorised';
      this.message = 'This service asks for a token.';
    } else if (this.status !== 'ready') {
      this.status = 'failed';
      this.message = message;
      this.again(WHILE_AWAY);
    }
    return message;
  }

  authorise(token: string): Promise<void> {
    this.token = token.trim() || null;
    keep(TOKEN, this.token);
    return this.open();
  }

  private again(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.open(), milliseconds);
  }
}
