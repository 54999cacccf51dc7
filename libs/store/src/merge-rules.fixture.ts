import type { Column, Columns } from '@touchpoint/kernel';

/**
 * The merge rules of kernel's projection.ts, said once more and as plainly as can be, to hold the SQL against. The ones that run are in libs/profile.
 */
type Values = Readonly<Record<string, unknown>>;
type Entries = Readonly<Record<string, { at: number }>>;

const bytesOf = (value: unknown): Buffer => (typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array));
/** As jsonb prints it: shorter keys first, then bytewise. */
export const jsonbText = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(jsonbText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort((a, b) => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map((key) => `${JSON.stringify(key)}: ${jsonbText((value as Values)[key])}`).join(', ')}}`;
};
const greater = (a: unknown, b: unknown, type: Column['type']): boolean => {
  if (type === 'json') return Buffer.compare(Buffer.from(jsonbText(a)), Buffer.from(jsonbText(b))) > 0;
  return type === 'text' || type === 'bytes' ? Buffer.compare(bytesOf(a), bytesOf(b)) > 0 : (a as number) > (b as number);
};

const joinEntries = (a: Entries, b: Entries, first: boolean): Entries => {
  const joined = new Map(Object.entries(a));
  for (const [name, entry] of Object.entries(b)) {
    const there = joined.get(name);
    const better = !there || (first ? entry.at < there.at : entry.at > there.at) || (entry.at === there.at && greater(entry, there, 'json'));
    if (better) joined.set(name, entry);
  }
  return Object.fromEntries(joined);
};

const joinColumn = (name: string, { type, merge }: Column, a: Values, b: Values): unknown => {
  const [x, y] = [a[name] ?? null, b[name] ?? null];
  if (typeof merge === 'object') {
    const by = 'latest' in merge ? merge.latest : merge.earliest;
    const [before, at] = [a[by] as number | null, b[by] as number | null];
    if (at === null) return x;
    if (before === null || ('latest' in merge ? at > before : at < before)) return y;
    return at === before && y !== null && (x === null || greater(y, x, type)) ? y : x;
  }
  if (x === null || y === null) return x ?? y;
  switch (merge) {
    case 'sum': return typeof x === 'bigint' ? x + (y as bigint) : (x as number) + (y as number);
    case 'or': return (x as boolean) || (y as boolean);
    case 'bits': return Number(BigInt(x as number) | BigInt(y as number));
    case 'min': return greater(x, y, type) ? y : x;
    case 'max': return greater(y, x, type) ? y : x;
    case 'keys': return joinEntries(x as Entries, y as Entries, false);
    case 'firstKeys': return joinEntries(x as Entries, y as Entries, true);
  }
};

export const joinRows = (columns: Columns, a: Values, b: Values): Values => Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, joinColumn(name, column, a, b)]));
