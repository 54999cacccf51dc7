import type { Places } from './places.ts';
import type { Ports } from './ports.ts';
import { readPrivate, writePrivate } from './private-file.ts';

/** What a folder remembers of its system from one start to the next. Holds no secret. */
export type KeptSettings = Readonly<{ ports: Ports; topicPrefix: string }>;

export const readSettings = async ({ settings }: Places): Promise<KeptSettings> => {
  const kept = (await readPrivate(settings)) ?? {};
  const ports = typeof kept['ports'] === 'object' && kept['ports'] !== null ? Object.entries(kept['ports']).filter((entry): entry is [string, number] => Number.isInteger(entry[1])) : [];
  return { ports: Object.fromEntries(ports), topicPrefix: typeof kept['topicPrefix'] === 'string' ? kept['topicPrefix'] : '' };
};

export const writeSettings = ({ settings }: Places, kept: KeptSettings): Promise<void> => writePrivate(settings, kept);
