import { batchesOf, type Lane, type Load, type LoadEvent } from '../load/load.ts';
import { responsesTo, type Carried } from '../load/responses.ts';
import type { CrashSystem, RunTime } from '../system.port.ts';
import { Killer, type KillerOptions } from './killer.ts';
import { poster } from './post.ts';
import { askedOf } from './ask.ts';
import type { Settling } from './settling.ts';

export type Ran = RunTime & Readonly<{
  /** Batches acknowledged; events in them, repeats counted; times a batch had to be sent again. */
  batches: number;
  events: number;
  retries: number;
  killed: readonly string[];
  /** How many died at each fail point, as `commit behind`. */
  points: ReadonlyMap<string, number>;
  paused: number;
  /** Parts of the stack that were killed and started again. */
  broken: readonly string[];
  /** Seconds from each kill until that process was at work again. */
  recoveries: readonly number[];
  /** Answers of people to messages they got: events of the run that no load holds. */
  answers: readonly LoadEvent[];
  /** Customers that query-api was asked for meanwhile, and answered. */
  asked: number;
}>;

export type RunOptions = Readonly<{ settling: Settling; strikes?: KillerOptions | undefined; say?: (text: string) => void; postLimitMs?: number }>;

const UNDISTURBED: KillerOptions = { plan: [], failPoints: '', pauseMs: 0 };

/** Sends a load, phase by phase, and kills by plan meanwhile; resolves when nothing is left to do. */
export const runLoad = async (system: CrashSystem, load: Load, { settling, strikes = UNDISTURBED, say = () => undefined, postLimitMs = 120_000 }: RunOptions): Promise<Ran> => {
  const began = Date.now();
  const { posted, post } = poster(system, postLimitMs);
  const killer = new Killer(system, { say, ...strikes });
  const reader = askedOf(system);
  const answered = new Set<string>();
  const answers: LoadEvent[] = [];
  say(`${batchesOf(load)} batches, ${strikes.plan.length} strikes planned`);

  const send = async (lane: Lane, counts: boolean): Promise<void> => {
    for (const batch of lane) {
      await killer.pass();
      await post(batch);
      if (counts) killer.acknowledged();
      void reader.ask(batch.events[0]?.userId);
    }
  };

  for (const { name, after, lanes, responds } of load.phases) {
    if (after === 'resolved') await settling.resolved();
    if (after === 'settled') await settling.settled();
    say(`${name} phase`);
    const responses = responds ? responsesTo(await carriedBy(system), answered, load.base) : { lane: [], answered: [] };
    for (const id of responses.answered) answered.add(id);
    answers.push(...responses.lane.flatMap(({ events }) => events));
    await Promise.all([...lanes.map((lane) => send(lane, true)), send(responses.lane, false)]);
    await killer.done();
  }
  await reader.end();
  await settling.settled();
  return { began, ended: Date.now(), ...posted, killed: killer.killed, points: killer.points, paused: killer.paused, broken: killer.broken, recoveries: await killer.recoveries, answers, asked: reader.answered() };
};

const PAGE = 500;

/** What the sandbox carried so far. Its API is asked, as whoever looks at it does. */
const carriedBy = async (system: CrashSystem): Promise<readonly Carried[]> => {
  const answer = await fetch(`${system.urlOf('delivery-service')}/v1/sandbox/messages?limit=${PAGE}`, { headers: { authorization: `Bearer ${system.keys.read}` } });
  if (!answer.ok) throw new Error(`the sandbox answers ${answer.status}`);
  const { messages } = (await answer.json()) as { messages: readonly Carried[] };
  if (messages.length === PAGE) throw new Error(`the sandbox carried more than ${PAGE} messages: make the load smaller`);
  return messages;
};
