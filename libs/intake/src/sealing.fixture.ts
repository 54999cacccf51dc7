import { marks, type Keyed, type MarkPath } from './clear.ts';
import type { Incoming } from './incoming.ts';

type Loose = Record<string, unknown>;

/** Puts stand-ins where ingest seals and keys, so that specs can see that what comes of an event fits its schema. */
export const toSealed = (incoming: Incoming): Loose =>
  replaced(incoming, (value) => Buffer.from(value as string), (value) => Buffer.from((value as Keyed).value).toString('hex').padEnd(32, '0').slice(0, 32));

/** The same with stand-ins that hold nothing of the value: what is left is what can be read by whoever reads the log. */
export const inClear = (incoming: Incoming): Loose => replaced(incoming, () => Buffer.from('sealed'), () => '0'.repeat(32));

const replaced = (incoming: Incoming, seal: (value: unknown) => unknown, keyOf: (value: unknown) => unknown): Loose => {
  const data = structuredClone(incoming.data) as Loose;
  const { sealed, keyed } = marks(incoming.type);
  for (const path of sealed) change(data, path, seal);
  for (const path of keyed) change(data, path, keyOf);
  return data;
};

const change = (data: Loose, [first, second, third]: MarkPath, to: (value: unknown) => unknown): void => {
  const at = data[first];
  if (at === null) return;
  if (second === undefined) data[first] = to(at);
  else if (second === '[]') for (const item of at as Loose[]) item[third!] = to(item[third!]);
  else if ((at as Loose)[second] !== null) (at as Loose)[second] = to((at as Loose)[second]);
};
