import { describe, expect, test } from 'vitest';
import { logOf } from '../../../tests/fixtures/runs';
import fixture from '../../../tests/fixtures/lattice.json';
import { readEvent } from './events';
import { readLattice } from './lattice_document';
import { bestPath, isMember, type RunView, type Step } from './view';

/** A run of the embedded model, its events, and the lattice document that it ended with. */
const told = logOf(fixture.events.map(readEvent));
const copy = (): Record<string, unknown> => structuredClone(fixture.lattice);
const opened = (data = copy()) => logOf(readLattice(data).events);

const near = (value: number | null): number | null =>
  value === null ? null : Number(value.toFixed(4));

/** What a document and the events of its run both tell of a step. */
const essence = (step: Step | undefined) =>
  step && {
    step: step.step,
    entropy: near(step.entropy),
    threshold: step.threshold,
    keptMass: near(step.keptMass),
    pruned: step.pruned,
    candidates: step.candidates.map((one) => ({
      id: one.id,
      text: one.text,
      p: near(one.p),
      rank: one.rank,
      parent: one.parent,
      score: near(one.score),
      state: one.state,
      reason: one.reason,
      verdict: one.verdict && [one.verdict.at, one.verdict.rule, one.verdict.effect]
    }))
  };

const states = (view: RunView): string[][] =>
  view.steps.map((step) => step?.candidates.map((one) => one.state) ?? []);

describe('a lattice document', () => {
  test('gives the steps that its run told', () => {
    const [view, original] = [opened().now(), told.now()];
    expect(view.steps.map(essence)).toEqual(original.steps.map(essence));
    expect(view.chain).toEqual(original.chain);
    expect(view.prompt.text).toBe(original.prompt.text);
    expect(view.maxSteps).toBe(original.maxSteps);
    expect(view.settledSteps).toBe(original.settledSteps);
    expect(view.ending?.reason).toBe(original.ending?.reason);
  });

  test('lets what was pruned stand until the step at which it fell', () => {
    const [log, original] = [opened(), told];
    for (const event of original.events) {
      if (event.type !== 'step.appended' && event.type !== 'candidates.pruned') continue;
      const moment = original.at(event.seq + 1);
      const steps = moment.steps.length;
      const prunings = moment.verdicts.length;
      const same = log.events.find((_, seen) => {
        const view = log.at(seen + 1);
        return view.steps.length === steps && view.verdicts.length === prunings;
      });
      expect(same?.type).toBe(event.type);
      expect(states(log.at(same!.seq + 1))).toEqual(states(moment));
    }
  });

  test('parents and tables fit the members at every moment', () => {
    const log = opened();
    for (let seen = 1; seen <= log.events.length; seen++) {
      const { steps } = log.at(seen);
      steps.forEach((step, number) => {
        const before = steps[number - 1]?.candidates.filter(isMember);
        for (const one of step!.candidates) {
          if (one.parent !== null) expect(before?.[one.parent]).toBeDefined();
        }
        const columns = step!.candidates.filter(isMember).length;
        expect(step!.transitions).toHaveLength(before?.length ?? 1);
        for (const row of step!.transitions) expect(row).toHaveLength(columns);
      });
    }
  });

  test('holds the text and the best texts', () => {
    const { result, id } = readLattice(copy());
    const path = bestPath(opened().now());
    expect(path.map((one) => one.candidate.text).join('')).toBe(fixture.lattice.text);
    expect(result?.n_best[0]?.text).toBe(fixture.lattice.text);
    expect(result?.n_best).toHaveLength(fixture.lattice.best_paths.length);
    expect(id).toBe(readLattice(copy()).id);
  });

  test('without a best path, that of the best last member is taken', () => {
    const view = opened({ ...copy(), best_path: [] }).now();
    expect(view.chain).toEqual(told.now().chain);
  });

  test('a step that left as a whole is told of, and not drawn', () => {
    const data = copy() as unknown as typeof fixture.lattice;
    const gone = { ...data.decisions[0]!, step: 4, effect: 'position_removed', decided_at: 7 };
    const steps = data.steps.filter((one) => one.step !== 4);
    const at = steps.findIndex((one) => one.step === 5);
    const members = (step: (typeof steps)[0]) =>
      step.candidates.filter((one) => one.state === 'kept').length;
    const row = steps[at]!.transitions[0]!;
    steps[at]!.transitions = Array.from({ length: members(steps[at - 1]!) }, () => row);
    for (const one of steps[at]!.candidates) if (one.parent !== null) one.parent = 0;
    data.best_path.splice(4, 1);
    data.best_paths.length = 0;
    const view = opened({ ...data, steps, decisions: [...data.decisions, gone] }).now();
    expect(view.steps[4]).toBeUndefined();
    expect(view.chain[4]).toBe(-1);
    expect(view.verdicts.some((one) => one.step === 4 && one.effect === 'position_removed')).toBe(
      true
    );
  });
});
