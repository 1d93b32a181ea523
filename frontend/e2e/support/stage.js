/**
 * A service in front of the real one: everything goes through to it, but for runs that are played
 * from written events, and for trouble that is asked for. So a test can say what comes when.
 */

import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { extname, join, normalize } from 'node:path';

/**
 * @typedef {Record<string, unknown> & { seq: number, type: string }} Told
 * @typedef {object} Part how a run is played
 * @property {number} [rate] events a second; all at once without
 * @property {number} [hold] so many events are told, the others once it is released
 * @property {number[]} [drop] after so many events the connection breaks, once each
 * @property {Record<string, unknown>} [result] what the finished run answers
 * @typedef {{ method: string, path: string, headers: http.IncomingHttpHeaders, body: string }} Asked
 * @typedef {{ match: RegExp, status: number, body: unknown, headers?: Record<string, string> }} Trouble
 */

const TICK = 10;
/** What a browser has not read when a connection breaks is lost: this is time to read it. */
const HEARD = 250;

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json'
};

/** @param {http.ServerResponse} response @param {number} status @param {unknown} body */
function answer(response, status, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A run that is played. */
export class Played {
  /** @param {Told[]} events @param {Part} part */
  constructor(events, part) {
    this.events = events;
    this.part = part;
    this.open = part.hold ?? Infinity;
    this.drops = [...(part.drop ?? [])];
    /** @type {number | null} when the first listener came */
    this.began = null;
    this.isCancelled = false;
    this.listeners = 0;
  }

  /** Tell the rest of a held run, or up to so many events. */
  release(count = Infinity) {
    this.open = count;
  }

  /** How many events may be told by now. */
  get due() {
    const { rate } = this.part;
    const played = rate && this.began ? ((Date.now() - this.began) / 1000) * rate : Infinity;
    return Math.min(this.events.length, this.open, Math.floor(played));
  }

  cancel() {
    if (this.isCancelled || this.events.at(-1)?.seq === this.due - 1) return;
    this.isCancelled = true;
    const told = this.events.slice(0, this.due);
    const end = { v: 1, seq: told.length, t_ms: 1, type: 'run.finished', reason: 'cancelled' };
    this.events = [...told, { ...end, steps: told.length, wall_ms: 1, text: '', digest: '' }];
    this.part = {};
    this.open = Infinity;
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  stream(request, response) {
    const last = request.headers['last-event-id'];
    let next = last === undefined ? 0 : Number(last) + 1;
    const isOver = () => next >= this.events.length;
    if (isOver()) return void response.writeHead(204).end();
    this.began ??= Date.now();
    this.listeners++;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': there\n\n');
    const timer = setInterval(() => {
      const drop = this.drops[0];
      const until = Math.min(this.due, drop !== undefined && drop > next ? drop : Infinity);
      let text = '';
      for (; next < until; next++) {
        const event = this.events[next];
        text += `id: ${next}\nevent: ${event?.type}\ndata: ${JSON.stringify(event)}\n\n`;
      }
      if (text) response.write(text);
      if (drop === next) {
        this.drops.shift();
        setTimeout(() => response.destroy(), HEARD);
        clearInterval(timer);
      } else if (isOver()) {
        response.end();
        clearInterval(timer);
      }
    }, TICK);
    response.on('close', () => {
      clearInterval(timer);
      this.listeners--;
    });
    return undefined;
  }
}

export class Stage {
  /**
   * Open a stage in front of a service.
   *
   * @param {string} service its origin
   * @param {string | null} [folder] a built page, in place of the service's own
   */
  static async open(service, folder = null) {
    const stage = new Stage(service, folder);
    await new Promise((resolve) => stage.server.listen(0, '127.0.0.1', () => resolve(null)));
    return stage;
  }

  /** @param {string} service @param {string | null} folder */
  constructor(service, folder) {
    this.service = new URL(service);
    this.folder = folder;
    /** @type {Map<string, Played>} */
    this.runs = new Map();
    /** @type {Trouble[]} */
    this.troubles = [];
    /** @type {Asked[]} */
    this.asked = [];
    /** Whether nobody is there. The page itself still comes. */
    this.isAway = false;
    /** @type {Set<import('node:net').Socket>} */
    this.sockets = new Set();
    this.server = http.createServer((request, response) => this.heard(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  get origin() {
    const address = /** @type {import('node:net').AddressInfo} */ (this.server.address());
    return `http://127.0.0.1:${address.port}`;
  }

  /** Play a run; @param {string} id @param {Told[]} events @param {Part} [part] */
  play(id, events, part = {}) {
    const [started, ...rest] = events;
    const run = new Played([{ .../** @type {Told} */ (started), run_id: id }, ...rest], part);
    this.runs.set(id, run);
    return run;
  }

  /** Answer matching requests ("POST /api/v1/runs") wrongly, until `calm`; @param {Trouble} trouble */
  trouble(trouble) {
    this.troubles.push(trouble);
  }

  calm() {
    this.troubles = [];
    this.isAway = false;
  }

  /** Break all connections, as a service does that ends. */
  leave() {
    this.isAway = true;
    for (const socket of this.sockets) socket.destroy();
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async heard(request, response) {
    /** @type {Buffer[]} */
    const parts = [];
    for await (const part of request) parts.push(/** @type {Buffer} */ (part));
    const body = Buffer.concat(parts);
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    const isApi = /^\/(api|v1|ready|health)\b/.test(path);
    if (isApi) this.asked.push({ method, path, headers: request.headers, body: body.toString() });
    if (this.isAway && isApi) return void request.socket.destroy();
    const trouble = this.troubles.find((one) => one.match.test(`${method} ${path}`));
    if (trouble) return answer(response, trouble.status, trouble.body, trouble.headers);
    const [, id, rest] = /^\/api\/v1\/runs\/(\w+)(?:[/?](.*))?$/.exec(path) ?? [];
    const run = id === undefined ? undefined : this.runs.get(id);
    if (this.folder && !isApi) return this.file(this.folder, path, response);
    if (!run) return this.through(request, response, body);
    if (rest === 'events') return run.stream(request, response);
    if (rest === 'cancel') {
      run.cancel();
      return answer(response, 202, {});
    }
    if (rest?.startsWith('steps/')) return answer(response, 200, { rows: [] });
    return answer(response, 200, {
      run_id: id,
      state: run.due < run.events.length ? 'running' : 'finished',
      asked_at: 0,
      ended_at: null,
      prompt: 'Once',
      parent: null,
      forked_at: null,
      stored: true,
      continued_from: null,
      children: [],
      request: {},
      events: run.events.slice(0, run.due),
      result: run.part.result ?? null
    });
  }

  /** @param {string} folder @param {string} path @param {http.ServerResponse} response */
  async file(folder, path, response) {
    const { pathname } = new URL(path, 'http://localhost');
    const name = join(folder, normalize(pathname === '/' ? '/index.html' : pathname));
    try {
      const content = await readFile(name);
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'text/plain' });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Buffer} body */
  through(request, response, body) {
    const { hostname, port } = this.service;
    const headers = { ...request.headers, host: this.service.host };
    const onward = http.request(
      { hostname, port, path: request.url, method: request.method, headers, agent: false },
      (found) => {
        response.writeHead(found.statusCode ?? 502, found.headers);
        found.pipe(response);
      }
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    onward.end(body);
  }
}
