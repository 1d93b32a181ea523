import { describe, expect, test } from 'vitest';
import { RUN_NAMES, RUNS, logOf } from '../../../tests/fixtures/runs';
import fixture from '../../../tests/fixtures/lattice.json';
import type { RunResult } from '$lib/api/client';
import { FileError } from './reading';
import { openFile, writeRun } from './run_file';

const RESULT: RunResult = {
  clean_text: ' a fox',
  generated_text: ' [a/the] fox',
  n_best: [
    {
      text: ' a fox',
      token_ids: [1, 2],
      log_probability: -1,
      mean_log_probability: -0.5,
      text_log_probability: -1,
      share: null,
      finished: false
    }
  ],
  timing: { elapsed_time: 0.5 }
};

type Json = Record<string, unknown> & unknown[];

/** A file with one value at a path replaced; `undefined` leaves it out. */
function broken(content: string, path: (string | number)[], value: unknown): string {
  const data = JSON.parse(content) as Json;
  const last = path[path.length - 1] as never;
  const holder = path.slice(0, -1).reduce((at, key) => at[key as never] as Json, data);
  (holder as Record<string, unknown>)[last] = value;
  return JSON.stringify(data);
}

const run = writeRun(RUNS.pruned.events, RESULT);
const lattice = JSON.stringify(fixture.lattice);
const isAppended = (one: { type: string }) => one.type === 'step.appended';
const step = RUNS.pruned.events.findIndex(isAppended);
const pruning = RUNS.pruned.events.findIndex((one) => one.type === 'candidates.pruned');

const refusal = (content: string): string => {
  try {
    openFile(content);
  } catch (error) {
    expect(error).toBeInstanceOf(FileError);
    return (error as Error).message;
  }
  throw new Error('was opened');
};

describe('a run as a file', () => {
  test.each(RUN_NAMES)('%s: opens as the same view, at every moment', (name) => {
    const { events } = RUNS[name];
    const opened = openFile(writeRun(events, RESULT));
    const [before, after] = [logOf(events), logOf(opened.events)];
    for (let seen = 0; seen <= events.length; seen++) {
      expect(after.at(seen)).toEqual(before.at(seen));
    }
    expect(opened.result).toEqual(RESULT);
    expect(opened.id).toBe(before.now().runId);
  });

  test('written again it is the same file', () => {
    const opened = openFile(run);
    expect(writeRun(opened.events, opened.result)).toBe(run);
  });

  test('a run without a result opens too', () => {
    expect(openFile(writeRun(RUNS.odd.events, null)).result).toBeNull();
  });

  test('a lattice document opens by its format', () => {
    expect(openFile(lattice).result?.clean_text).toBe(fixture.lattice.text);
  });
});

describe('a broken file is refused with what is wrong, and where', () => {
  test.each([
    ['', 'This is no JSON'],
    ['{"format": ', 'This is no JSON'],
    ['[]', 'The file is a list, and should be an object'],
    ['null', 'The file is null, and should be an object'],
    ['{"format": "tempo"}', 'format is "tempo", and should be "tempo-run" or "tempo-lattice"'],
    ['{}', 'format is missing, and should be "tempo-run" or "tempo-lattice"'],
    [broken(run, ['version'], 9), 'version is 9; this page reads version 1'],
    [broken(run, ['events'], {}), 'events is an object, and should be a list'],
    [broken(run, ['events'], []), 'events[0].type is missing, and should be "run.started"'],
    [broken(run, ['events', 1, 'seq'], 7), 'events[1].seq is 7, and should be 1'],
    [
      broken(run, ['events', step, 'step'], 2e9),
      `events[${step}].step is 2000000000, and should be a whole number from 0 to 100000`
    ],
    [
      broken(run, ['events', step, 'candidates', 1, 'p'], 'x'),
      `events[${step}].candidates[1].p is "x", and should be a number from 0 to 1`
    ],
    [
      broken(run, ['events', step, 'candidates', 1, 'p'], 4),
      `events[${step}].candidates[1].p is 4, and should be a number from 0 to 1`
    ],
    [
      broken(run, ['events', step, 'candidates', 0, 'bytes'], '%%'),
      `events[${step}].candidates[0].bytes is "%%", and should be base64`
    ],
    [
      broken(run, ['events', step, 'candidates', 0, 'state'], 'odd'),
      `events[${step}].candidates[0].state is "odd", and should be one of kept, finished,`
    ],
    [
      broken(run, ['events', step, 'chain_changes'], [{ step: 1e12, to: 0 }]),
      `events[${step}].chain_changes[0].step is 1000000000000, and should be`
    ],
    [
      broken(run, ['events', pruning, 'removed'], [-1]),
      `events[${pruning}].removed[0] is -1, and should be`
    ],
    [
      broken(run, ['events', pruning, 'items', 0, 'index'], null),
      `events[${pruning}].items[0].index is null, and should be`
    ],
    [
      broken(run, ['events', 0, 'prompt', 'tokens'], undefined),
      'events[0].prompt.tokens is missing, and should be a list'
    ],
    [
      broken(run, ['result', 'n_best', 0, 'token_ids'], 'x'),
      'result.n_best[0].token_ids is "x", and should be a list'
    ]
  ])('a run: %#', (content, wanted) => {
    expect(refusal(content)).toContain(wanted);
  });

  test.each([
    [
      ['steps', 3, 'candidates', 1, 'probability'],
      'x',
      'steps[3].candidates[1].probability is "x", and should be a number from 0 to 1'
    ],
    [['steps', 1, 'step'], 0, 'steps[1].step is 0, and should be a whole number from 1 to 100000'],
    [['steps', 2, 'step'], 1e8, 'steps[2].step is 100000000, and should be'],
    [
      ['steps', 2, 'candidates', 0, 'parent'],
      9,
      'steps[2].candidates[0].parent is 9, and should be a member of the step before, which has'
    ],
    [['steps', 2, 'transitions'], [], 'steps[2].transitions should have'],
    [['best_path', 1], 50, 'best_path[1] is 50, and should be a member of steps[1]'],
    [['best_paths', 0, 'members', 2], 50, 'best_paths[0].members[2] is 50, and should be'],
    [['prompt_ids'], null, 'prompt_ids is null, and should be a list'],
    [['version'], 2, 'version is 2; this page reads version 1'],
    [['model'], 5, 'model is 5, and should be an object'],
    [['decisions', 0, 'decided_at'], 'x', 'decisions[0].decided_at is "x", and should be'],
    [['text'], undefined, 'text is missing, and should be a text']
  ])('a lattice document: %j', (path, value, wanted) => {
    expect(refusal(broken(lattice, path, value))).toContain(wanted);
  });

  test('a token that stands in a step twice', () => {
    const id = fixture.lattice.steps[1]!.candidates[0]!.token_id;
    const content = broken(lattice, ['steps', 1, 'candidates', 1, 'token_id'], id);
    expect(refusal(content)).toBe(
      `steps[1].candidates[1].token_id is ${id}, which the step holds already`
    );
  });

  test('every value of a lattice document may be of another kind: nothing but words comes of it', () => {
    const paths: (string | number)[][] = [];
    const walk = (value: unknown, path: (string | number)[]): void => {
      if (path.length) paths.push(path);
      if (Array.isArray(value)) value.slice(0, 2).forEach((one, at) => walk(one, [...path, at]));
      else if (value && typeof value === 'object') {
        for (const [name, one] of Object.entries(value)) walk(one, [...path, name]);
      }
    };
    walk(JSON.parse(lattice), []);
    for (const path of paths) {
      for (const value of [null, -1, 1e300, '', '<script>', [], {}, [null], true]) {
        try {
          logOf(openFile(broken(lattice, path, value)).events).now();
        } catch (error) {
          expect(error).toBeInstanceOf(FileError);
        }
      }
    }
    expect(paths.length).toBeGreaterThan(60);
  });
});
