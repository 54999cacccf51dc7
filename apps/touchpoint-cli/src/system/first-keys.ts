import { parseKey, type ApiKeys, type NewApiKey } from '@touchpoint/host/access';
import type { Places } from './places.ts';
import { readPrivate, writePrivate } from './private-file.ts';

/** What a key is for. */
export type KeyUse = 'write' | 'import' | 'read' | 'operate';
export type KeyTexts = Readonly<Record<KeyUse, string>>;

/** An invoice of a real shop has over 100 KB as JSON; the log takes records of 900 KB. */
const importLimits = { maxEventBytes: 800_000, maxBatchBytes: 4_000_000 };

/** The keys that are made at the first start and shown once. A key's name is the publisher of what it writes. */
const FIRST: Readonly<Record<KeyUse, NewApiKey>> = {
  write: { name: 'publisher', scopes: ['events:write'] },
  import: { name: 'import', scopes: ['events:write', 'events:import'], limits: importLimits },
  read: { name: 'reader', scopes: ['customers:read', 'messages:read', 'sandbox:read'] },
  operate: { name: 'operator', scopes: ['operate', 'customers:read', 'customers:export', 'messages:read', 'sandbox:read', 'sandbox:write'] },
};

/**
 * The command's own keys, so that `touchpoint demo` and `import` need none typed. The one for imports bears the same name as the one that is shown:
 * an event's identity holds its publisher, so importing once with this and once with that adds nothing.
 */
const OWN: Readonly<Record<KeyUse, NewApiKey>> = {
  write: { ...FIRST.write, name: 'demo' },
  import: FIRST.import,
  read: { ...FIRST.read, name: 'touchpoint-cli' },
  operate: { ...FIRST.operate, name: 'touchpoint-cli' },
};
const USES = Object.keys(FIRST) as readonly KeyUse[];

/** The command's own keys as the folder keeps them; undefined where there are none. */
export const readOwnKeys = async ({ keys: path }: Places): Promise<KeyTexts | undefined> => {
  const kept = await readPrivate(path);
  return kept && USES.every((use) => typeof kept[use] === 'string') ? (kept as unknown as KeyTexts) : undefined;
};

const isGood = async (keys: ApiKeys, text: string | undefined): Promise<boolean> => {
  const presented = text === undefined ? undefined : parseKey(text);
  return presented !== undefined && (await keys.verify(presented)) !== null;
};

const make = async (keys: ApiKeys, wanted: Readonly<Record<KeyUse, NewApiKey>>): Promise<KeyTexts> => {
  const made: Partial<Record<KeyUse, string>> = {};
  for (const use of USES) made[use] = (await keys.create(wanted[use])).key;
  return made as KeyTexts;
};

/** The command's own keys: those that the folder keeps, or new ones where these are not good for this database. */
export const ensureOwnKeys = async (keys: ApiKeys, places: Places): Promise<KeyTexts> => {
  const kept = await readOwnKeys(places).catch(() => undefined);
  if (kept !== undefined && (await Promise.all(USES.map((use) => isGood(keys, kept[use])))).every(Boolean)) return kept;
  const own = await make(keys, OWN);
  await writePrivate(places.keys, own);
  return own;
};

/** The first keys, where nobody but the command has one yet; made last of all, so that a start that fails before leaves none that nobody has seen. */
export const makeFirstKeys = async (keys: ApiKeys, own: KeyTexts): Promise<KeyTexts | undefined> => {
  const ids = new Set(USES.map((use) => parseKey(own[use])?.id));
  return (await keys.list()).every(({ id }) => ids.has(id)) ? make(keys, FIRST) : undefined;
};
