/**
 * Reads parameters that arrive as JSON or as form text: both are accepted (documented), so "1000" and 1000 are the same.
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** Undefined when the parameter is missing (also null or ''), NaN when it is there and no number. */
export function numberOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** All values of `name[]=a&name[]=b`, `name[0]=a` and plain `name=a`, in the order they came. */
export function listOf(query: URLSearchParams, name: string): string[] {
  const isName = new RegExp(`^${name}(\\[\\d*\\])?$`);
  return [...query].filter(([key]) => isName.test(key)).map(([, value]) => value);
}
