/** What the browser keeps between visits; a browser that keeps nothing is no error. */

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;

/** What is kept under a key; what is of another kind than `otherwise` counts as nothing. */
export function kept<T>(key: string, otherwise: T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    const fits =
      otherwise === null ? typeof value === 'string' : kindOf(value) === kindOf(otherwise);
    return fits ? (value as T) : otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // full or forbidden: the page works without
  }
}
