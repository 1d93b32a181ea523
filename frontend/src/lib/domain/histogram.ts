/** Scores in bins of equal width, with the cut that they were held against. */

export interface HistogramBin {
  from: number;
  to: number;
  /** scores of what stayed */
  stayed: number;
  /** scores of what left */
  left: number;
}

export interface Histogram {
  bins: HistogramBin[];
  /** whether each bin is so many times as wide as the one before */
  isLog: boolean;
  low: number;
  high: number;
  /** the least, the middle and the greatest threshold */
  cut: { least: number; middle: number; most: number } | null;
}

/** Below this a score on a logarithmic axis counts as this. */
const FLOOR = 1e-6;
/** A logarithmic axis where the greatest score is so many times the least. */
const WIDE = 100;

interface Scored {
  score: number;
  threshold: number;
  left: boolean;
}

/** Count scores in so many bins; null where there are none. */
export function histogram(scores: readonly Scored[], count: number): Histogram | null {
  const sound = scores.filter((one) => Number.isFinite(one.score));
  if (!sound.length) return null;
  const isLog = spansMuch(sound);
  const lift = (value: number): number => (isLog ? Math.log10(Math.max(value, FLOOR)) : value);
  let least = Infinity;
  let most = -Infinity;
  for (const { score, threshold } of sound) {
    least = Math.min(least, lift(score), lift(threshold));
    most = Math.max(most, lift(score), lift(threshold));
  }
  if (isLog) {
    least = Math.floor(least);
    most = Math.ceil(most);
  } else {
    least = Math.min(0, least);
    most += 0.05 * (most - least);
  }
  if (most <= least) most = least + 1;
  const drop = (value: number): number => (isLog ? 10 ** value : value);
  const wide = (most - least) / count;
  const bins: HistogramBin[] = Array.from({ length: count }, (_, number) => ({
    from: drop(least + number * wide),
    to: drop(least + (number + 1) * wide),
    stayed: 0,
    left: 0
  }));
  for (const one of sound) {
    const place = Math.floor((lift(one.score) - least) / wide);
    const bin = bins[Math.min(count - 1, Math.max(0, place))]!;
    if (one.left) bin.left++;
    else bin.stayed++;
  }
  return { bins, isLog, low: drop(least), high: drop(most), cut: cutsOf(sound) };
}

function spansMuch(scores: readonly Scored[]): boolean {
  let least = Infinity;
  let most = 0;
  for (const { score, threshold } of scores) {
    if (score < 0) return false;
    for (const value of [score, threshold]) {
      if (value > 0) least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return most / least > WIDE;
}

function cutsOf(scores: readonly Scored[]): Histogram['cut'] {
  const cuts = scores.map((one) => one.threshold).sort((one, other) => one - other);
  if (!cuts.length) return null;
  return {
    least: cuts[0]!,
    middle: cuts[Math.floor(cuts.length / 2)]!,
    most: cuts[cuts.length - 1]!
  };
}
