/** Random choices that are the same in each run of the tests. */
export class Random {
  constructor(private state: number) {}

  /** A number in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `end` - 1. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  one<T>(among: readonly T[]): T {
    return among[this.below(among.length)]!;
  }

  shuffled<T>(values: readonly T[]): T[] {
    const found = [...values];
    for (let last = found.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [found[last], found[other]] = [found[other]!, found[last]!];
    }
    return found;
  }
}

export const SEEDS = Array.from({ length: 25 }, (_, seed) => seed);
