/** A run as a file: all its events and its result, so that opening it gives the same view. */

import type { NBestText, RunResult } from '$lib/api/client';
import { EventFormatError, readEvent, type RunEvent } from './events';
import {
  LATTICE_FORMAT,
  MOST_CANDIDATES,
  MOST_STEPS,
  readLattice,
  STATES,
  transitions,
  type OpenedRun
} from './lattice_document';
import * as read from './reading';
import { FileError, type Fields } from './reading';

export const RUN_FORMAT = 'tempo-run';
const VERSION = 1;

/** Larger files are not read. */
export const LARGEST_FILE = 50 * 1024 * 1024;

/** Write a run. */
export function writeRun(events: readonly RunEvent[], result: RunResult | null): string {
  return JSON.stringify({ format: RUN_FORMAT, version: VERSION, events, result });
}

/**
 * Read a run's file or a lattice document.
 *
 * @throws {FileError} saying what is wrong, and where.
 */
export function openFile(content: string): OpenedRun {
  const data = read.json(content);
  if (data.format === LATTICE_FORMAT) return readLattice(data);
  if (data.format === RUN_FORMAT) return readRun(data);
  const formats = `"${RUN_FORMAT}" or "${LATTICE_FORMAT}"`;
  throw read.wrong('format', data.format, formats);
}

function readRun(data: Fields): OpenedRun {
  const version = read.whole(data.version, 'version');
  if (version !== VERSION) {
    throw new FileError(`version is ${version}; this page reads version ${VERSION}`);
  }
  const events = read.each(data.events, 'events', eventOf, 10 * MOST_STEPS);
  const [first] = events;
  if (first?.type !== 'run.started') {
    throw read.wrong('events[0].type', first?.type, '"run.started"');
  }
  events.forEach((event, index) => {
    if (event.seq !== index) throw read.wrong(`events[${index}].seq`, event.seq, String(index));
  });
  return { id: first.run_id, events, result: read.maybe(data.result, 'result', resultOf) };
}

function eventOf(value: unknown, place: string): RunEvent {
  const fields = read.object(value, place);
  const type = read.text(fields.type, `${place}.type`) as RunEvent['type'];
  read.maybe(fields.t_ms, `${place}.t_ms`, (one, at) => read.number(one, at, 0));
  if (Object.hasOwn(CHECKS, type)) CHECKS[type]!(fields, place);
  try {
    return readEvent(fields);
  } catch (error) {
    if (error instanceof EventFormatError) throw new FileError(`${place}: ${error.message}`);
    throw error;
  }
}

type Check = (fields: Fields, place: string) => void;

/** What the page relies on; a stream's events are checked for the same, but not told the place. */
const CHECKS: Partial<Record<RunEvent['type'], Check>> = {
  'run.started': (fields, place) => {
    read.text(fields.run_id, `${place}.run_id`);
    const prompt = read.object(fields.prompt, `${place}.prompt`);
    read.maybe(prompt.text, `${place}.prompt.text`, read.text);
    read.each(prompt.tokens, `${place}.prompt.tokens`, token);
    const limits = read.object(fields.limits, `${place}.limits`);
    read.number(limits.max_steps, `${place}.limits.max_steps`, 0);
    read.maybe(fields.parent, `${place}.parent`, (one, at) => {
      const parent = read.object(one, at);
      read.text(parent.run_id, `${at}.run_id`);
      read.whole(parent.step, `${at}.step`);
      read.whole(parent.token_id, `${at}.token_id`);
    });
    read.maybe(fields.model, `${place}.model`, (one, at) =>
      read.text(read.object(one, at).id, `${at}.id`)
    );
  },
  'step.appended': (fields, place) => {
    step(fields, place);
    read.maybe(fields.dropped, `${place}.dropped`, (one, at) => read.each(one, at, decision));
    chain(fields, place);
  },
  'candidates.pruned': (fields, place) => {
    read.each(fields.steps, `${place}.steps`, (one, at) => step(read.object(one, at), at));
    read.each(fields.items, `${place}.items`, (one, at) => {
      decision(one, at);
      read.whole((one as Fields).index, `${at}.index`, -1, MOST_CANDIDATES);
    });
    read.each(fields.removed, `${place}.removed`, stepNumber);
    read.maybe(fields.at_step, `${place}.at_step`, stepNumber);
    chain(fields, place);
  },
  'text.settled': (fields, place) => void stepNumber(fields.steps, `${place}.steps`),
  'run.stats': (fields, place) => {
    for (const name of ['steps', 'tok_s', 'kv_tokens', 'rss_mb']) {
      read.maybe(fields[name], `${place}.${name}`, read.number);
    }
  },
  'run.finished': (fields, place) => {
    read.maybe(fields.wall_ms, `${place}.wall_ms`, read.number);
  },
  'run.error': (fields, place) => void read.text(fields.code, `${place}.code`)
};

const stepNumber = (value: unknown, place: string): number =>
  read.whole(value, place, 0, MOST_STEPS);

function token(value: unknown, place: string): void {
  const fields = read.object(value, place);
  read.whole(fields.id, `${place}.id`);
  read.text(fields.text, `${place}.text`);
  read.maybe(fields.bytes, `${place}.bytes`, read.base64);
}

function step(fields: Fields, place: string): void {
  stepNumber(fields.step, `${place}.step`);
  read.number(fields.entropy, `${place}.entropy`);
  read.probability(fields.threshold, `${place}.threshold`);
  read.probability(fields.covered, `${place}.covered`);
  read.probability(fields.kept_mass, `${place}.kept_mass`);
  read.each(fields.candidates, `${place}.candidates`, candidate, MOST_CANDIDATES);
  read.maybe(fields.transitions, `${place}.transitions`, transitions);
}

function candidate(value: unknown, place: string): void {
  token(value, place);
  const fields = value as Fields;
  read.probability(fields.p, `${place}.p`);
  read.whole(fields.rank, `${place}.rank`);
  read.oneOf(fields.state, `${place}.state`, STATES);
  read.maybe(fields.parent, `${place}.parent`, (one, at) =>
    read.whole(one, at, 0, MOST_CANDIDATES)
  );
  read.maybe(fields.score, `${place}.score`, read.number);
  read.maybe(fields.weight, `${place}.weight`, read.probability);
  read.maybe(fields.reason, `${place}.reason`, read.text);
}

function decision(value: unknown, place: string): void {
  const fields = read.object(value, place);
  stepNumber(fields.step, `${place}.step`);
  read.whole(fields.token_id, `${place}.token_id`);
  read.text(fields.rule, `${place}.rule`);
  read.text(fields.effect, `${place}.effect`);
  for (const name of ['score', 'threshold', 'mass']) {
    read.maybe(fields[name], `${place}.${name}`, read.number);
  }
}

function chain(fields: Fields, place: string): void {
  read.maybe(fields.chain_changes, `${place}.chain_changes`, (list, at) =>
    read.each(list, at, (one, where) => {
      const change = read.object(one, where);
      stepNumber(change.step, `${where}.step`);
      read.maybe(change.to, `${where}.to`, (to, there) =>
        read.whole(to, there, 0, MOST_CANDIDATES)
      );
    })
  );
}

function resultOf(value: unknown, place: string): RunResult {
  const fields = read.object(value, place);
  read.text(fields.clean_text, `${place}.clean_text`);
  read.text(fields.generated_text, `${place}.generated_text`);
  read.each(fields.n_best, `${place}.n_best`, nBest, MOST_CANDIDATES);
  const timing = read.object(fields.timing, `${place}.timing`);
  for (const [name, one] of Object.entries(timing)) read.number(one, `${place}.timing.${name}`);
  return fields as RunResult;
}

function nBest(value: unknown, place: string): NBestText {
  const fields = read.object(value, place);
  read.text(fields.text, `${place}.text`);
  read.each(fields.token_ids, `${place}.token_ids`, read.whole);
  for (const name of ['log_probability', 'mean_log_probability', 'text_log_probability']) {
    read.number(fields[name], `${place}.${name}`);
  }
  read.maybe(fields.share, `${place}.share`, read.number);
  return value as NBestText;
}
