/** Reading data of unknown make: what is wrong is told with its place. */

/** A file that cannot be shown, in words for the one who opened it. */
export class FileError extends Error {}

export type Fields = Record<string, unknown>;

const told = (value: unknown): string => {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
};

/** What stands at a place is not what should stand there. */
export function wrong(place: string, value: unknown, wanted: string): FileError {
  return new FileError(`${place} is ${told(value)}, and should be ${wanted}`);
}

export function object(value: unknown, place: string): Fields {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw wrong(place, value, 'an object');
  }
  return value as Fields;
}

export function list(value: unknown, place: string, most = 100_000): unknown[] {
  if (!Array.isArray(value)) throw wrong(place, value, 'a list');
  if (value.length > most) {
    throw new FileError(`${place} has ${value.length} entries; at most ${most} can be shown`);
  }
  return value;
}

export function number(
  value: unknown,
  place: string,
  least = -Infinity,
  most = Infinity,
  wanted = `a number${bounds(least, most)}`
): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw wrong(place, value, wanted);
  }
  return value;
}

const bounds = (least: number, most: number): string => {
  if (least === -Infinity) return most === Infinity ? '' : ` of at most ${most}`;
  return most === Infinity ? ` of at least ${least}` : ` from ${least} to ${most}`;
};

/** Probabilities may exceed 1 by what rounding leaves. */
export const probability = (value: unknown, place: string): number =>
  number(value, place, 0, 1.0001, 'a number from 0 to 1');

export function whole(value: unknown, place: string, least = 0, most = 2 ** 53): number {
  const wanted = most < 2 ** 53 ? `a whole number from ${least} to ${most}` : 'a whole number';
  number(value, place, least, most, wanted);
  if (!Number.isInteger(value)) throw wrong(place, value, wanted);
  return value as number;
}

export function text(value: unknown, place: string): string {
  if (typeof value !== 'string') throw wrong(place, value, 'a text');
  return value;
}

export function base64(value: unknown, place: string): string {
  const found = text(value, place);
  const isSound = /^[A-Za-z0-9+/]*={0,2}$/.test(found) && found.length % 4 === 0;
  if (!isSound) throw wrong(place, value, 'base64');
  return found;
}

export function oneOf<T extends string>(value: unknown, place: string, names: readonly T[]): T {
  const found = names.find((name) => name === value);
  if (found === undefined) throw wrong(place, value, `one of ${names.join(', ')}`);
  return found;
}

/** What may be null or missing. */
export function maybe<T>(
  value: unknown,
  place: string,
  read: (value: unknown, place: string) => T
): T | null {
  return value === null || value === undefined ? null : read(value, place);
}

/** Every entry of a list, with its place. */
export function each<T>(
  value: unknown,
  place: string,
  read: (value: unknown, place: string) => T,
  most?: number
): T[] {
  return list(value, place, most).map((one, index) => read(one, `${place}[${index}]`));
}

/** JSON from a file's text. */
export function json(content: string): Fields {
  let data: unknown;
  try {
    data = JSON.parse(content);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new FileError(`This is no JSON: ${why}`);
  }
  return object(data, 'The file');
}
