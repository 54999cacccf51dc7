import type { Pool } from '@touchpoint/store';
import { query } from '@touchpoint/store';
import { distinctEvents, type Load, type LoadEvent } from '../load/load.ts';
import type { Row } from './tables.ts';
import type { Entry, Timeline } from './timeline.ts';

/** Whose records are not of the load. */
export const OURS: ReadonlySet<string> = new Set(['identity-resolver', 'channel-orchestrator', 'delivery-service', 'publishing']);

export type Sent = Readonly<{ load: Load; answers: readonly LoadEvent[] }>;

const twice = (names: readonly string[]): readonly string[] => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 1).map(([name, count]) => `${name} (${count} times)`);
};
const told = (what: string, found: readonly string[]): readonly string[] => (found.length === 0 ? [] : [`${what}: ${found.length}, such as ${found.slice(0, 3).join('; ')}`]);
const commandOf = ({ data }: Entry): string | undefined => (data as { message?: { commandId?: string } }).message?.commandId;

/** What breaks a promise in one run alone, without another one to compare with. Empty where all is well. */
export const problemsOf = async (pool: Pool, { load, answers }: Sent, timeline: Timeline, tables: ReadonlyMap<string, readonly Row[]>, commandIds: ReadonlySet<string>): Promise<readonly string[]> => {
  const { entries, gaps } = timeline;
  const ofTheLoad = entries.filter(({ meta }) => !OURS.has(meta.publisher));
  const arrived = new Set(ofTheLoad.map(({ meta }) => meta.messageId));
  const wanted = new Set([...distinctEvents(load).values(), ...answers].map(({ messageId }) => messageId));
  const claimed = new Map((tables.get('delivery.message') ?? []).map((row) => [row['command_id'] as string, row]));
  const carried = (tables.get('delivery.sandbox_message') ?? []).map((row) => row['command_id'] as string);
  const [parked, pending] = [await query<{ consumer: string; code: string }>(pool, 'select consumer, code from log.parked'), await query<{ consumer: string }>(pool, 'select consumer from log.pending')];
  return [
    ...told('gaps in a seq', gaps),
    ...told('events that were acknowledged and are lost', [...wanted].filter((id) => !arrived.has(id))),
    ...told('events that nobody sent', [...arrived].filter((id) => !wanted.has(id.replace(/\/device$/, '')))),
    ...told('events that are doubled', twice(entries.map(({ meta, type, key }) => `${meta.publisher} ${meta.messageId} ${type} of ${type === 'JourneysPublished' ? 'all' : key}`)).filter((name) => !name.includes('JourneysPublished'))),
    ...told('timers that fired twice', twice(entries.filter(({ type }) => type === 'TimerFired').map(({ data }) => (data as { timerId: string }).timerId))),
    ...told('outcomes that are doubled', twice(entries.filter(({ meta }) => meta.publisher === 'delivery-service').map((entry) => `${entry.type} of ${commandOf(entry)}`))),
    ...told('commands that delivery never took', [...commandIds].filter((id) => !claimed.has(id))),
    ...told('messages without an outcome', [...claimed.values()].filter(({ state }) => state === 'claimed' || state === 'retry').map((row) => row['command_id'] as string)),
    ...told('messages whose outcome nobody was told', [...claimed.keys()].filter((id) => !outcomes(entries).has(id))),
    ...told('sandbox messages without a command', carried.filter((id) => !commandIds.has(id))),
    ...told('parked', parked.map(({ consumer, code }) => `${consumer} ${code}`)),
    ...told('sends to do', pending.map(({ consumer }) => consumer)),
  ];
};

const outcomes = (entries: readonly Entry[]): ReadonlySet<string | undefined> => new Set(entries.filter(({ meta }) => meta.publisher === 'delivery-service').map(commandOf));
