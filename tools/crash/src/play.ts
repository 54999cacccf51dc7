import { silentLog } from '@touchpoint/host';
import { createKafka } from '@touchpoint/log';
import { createPool } from '@touchpoint/store';
import type { KillerOptions } from './drive/killer.ts';
import { runLoad, type Ran } from './drive/run-load.ts';
import { settlingOf } from './drive/settling.ts';
import type { Load } from './load/load.ts';
import { observe, type Observation } from './observe/observe.ts';
import type { CrashSystem } from './system.port.ts';

export type PlayOptions = Readonly<{
  load: Load;
  /** Publishes the journeys (see `writeJourneys`); a part of the run. */
  publish: () => Promise<unknown>;
  /** None: the undisturbed run. */
  strikes?: KillerOptions;
  say?: (text: string) => void;
  /** Longest that any waiting may take. */
  limitMs?: number;
}>;
export type Played = Readonly<{ ran: Ran; observation: Observation }>;

/** Plays a load on a fresh system to its end, and looks at what it has come to. The system is left running. */
export const play = async (system: CrashSystem, { load, publish, strikes, say = () => undefined, limitMs = 180_000 }: PlayOptions): Promise<Played> => {
  const kafka = createKafka({ brokers: system.connections.kafkaBrokers, clientId: 'touchpoint-crash', log: silentLog });
  const pool = createPool({ databaseUrl: system.connections.databaseUrl, name: 'touchpoint-crash', max: 2, onError: () => undefined });
  try {
    const began = Date.now();
    await publish();
    const ran = { ...(await runLoad(system, load, { settling: settlingOf(system, { kafka, pool, limitMs }), strikes, say })), began };
    say('looking at what it has come to');
    return { ran, observation: await observe(system, { kafka, pool, run: ran, sent: { load, answers: ran.answers } }) };
  } finally {
    await pool.end();
  }
};
