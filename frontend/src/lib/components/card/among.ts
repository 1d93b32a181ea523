/** Where candidates stand among the n best texts. */

import type { NBestText } from '$lib/api/client';
import { chainOf } from '$lib/domain/paths';
import type { RunView } from '$lib/domain/view';

const known = new WeakMap<readonly NBestText[], (readonly number[] | null)[]>();

/** Which of the n best texts pass a candidate of a step, by its token; the view is the newest. */
export function placesAmong(
  view: RunView,
  texts: readonly NBestText[],
  step: number,
  token: number
): number[] {
  let chains = known.get(texts);
  if (!chains) {
    chains = texts.map((one) => chainOf(view, one.token_ids));
    known.set(texts, chains);
  }
  return chains.flatMap((chain, place) => {
    const index = chain?.[step] ?? -1;
    return view.steps[step]?.candidates[index]?.id === token ? [place] : [];
  });
}
