import { expect, test } from 'vitest';
import { RUN_NAMES, viewOf } from '../../../tests/fixtures/runs';
import { branches, isMember, lineage, members, parentOf, stepBefore, width } from './view';

test.each(RUN_NAMES)('what is said of a step is what its candidates say: %s', (name) => {
  const view = viewOf(name);
  for (const step of view.steps) {
    if (!step) continue;
    const found = members(step);
    expect(found.map((index) => step.candidates[index])).toEqual(step.candidates.filter(isMember));
    expect(width(step)).toBe(found.length);
    expect(branches(step)).toBe(width(step) + step.pruned > 1);
    expect(found.map((index) => step.candidates[index]!.rank)).toEqual(
      found.map((index) => step.candidates[index]!.rank).toSorted((one, other) => one - other)
    );
  }
});

test.each(RUN_NAMES)('a best parent is a live member of the step before: %s', (name) => {
  const view = viewOf(name);
  view.steps.forEach((step, number) => {
    if (!step) return;
    const before = stepBefore(view, number);
    for (const index of members(step)) {
      const parent = parentOf(view, number, index);
      if (!before) expect(parent).toBeNull();
      else expect(before.candidates[parent!]!.state).toBe('kept');
    }
  });
});

test.each(RUN_NAMES)('the score of a member is that of its lineage: %s', (name) => {
  const view = viewOf(name);
  for (const step of view.steps) {
    for (const index of step ? members(step) : []) {
      const path = lineage(view, step!.step, index);
      let score = 0;
      path.forEach((one, place) => {
        const { candidates, transitions } = view.steps[one.step]!;
        const live = (at: number, among: typeof candidates) =>
          members({ ...step!, candidates: among })
            .filter((member) => among[member]!.state === 'kept')
            .indexOf(at);
        const from = place ? path[place - 1]! : null;
        const row = from ? live(from.index, view.steps[from.step]!.candidates) : 0;
        const column = members(view.steps[one.step]!).indexOf(one.index);
        expect(candidates[one.index]).toBeDefined();
        score += transitions[row]![column] ?? -Infinity;
      });
      expect(step!.candidates[index]!.score).toBeCloseTo(score, 4);
    }
  }
});
