import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { droppable, dropParked, POOL, transaction, type ParkedSummary, type Pool } from '@touchpoint/store';
import type { Operation, Outcome, ResultRow, Running } from '../operation.ts';

const Which = z
  .strictObject({ consumer: z.string().max(100), key: z.string().max(200).optional(), id: z.int().positive().optional(), code: z.string().max(100).optional() })
  .refine(({ key, id, code }) => [key, id, code].some((one) => one !== undefined), { message: 'say which: a key, an id or a code' });
type Which = z.infer<typeof Which>;

/** Records dropped in one transaction. */
const STEP = 200;

/** What follows from a drop, by consumer: nobody should learn it from a customer. */
const FOLLOWS: Readonly<Record<string, string>> = {
  'identity-resolver': 'these events never reach a timeline: no read model, decision or message knows them, and a rebuild does not either',
  'profile-projector': 'the live read models go on without these events; they stay on the timeline, so a rebuild meets them again: it folds them if it can, and parks them otherwise',
  'channel-orchestrator': 'decisions go on without these events; they stay on the timeline, and read models show them',
  'delivery-service': 'these commands are not carried out, and have no outcome',
};

const rowOf = ({ id, topic, partition, offset, key, code }: ParkedSummary): ResultRow => ({ id, topic, partition, offset, key, code });

/**
 * Drops parked records for good: one, those of one customer or source, or those of one cause. What lies behind them is redriven, in order, by the partitions' owners. Their
 * bytes are kept nowhere but on the log; positions and codes stay, in `log.dropped` and with this run.
 */
@Injectable()
export class ParkedDrop implements Operation<Which> {
  readonly name = 'parked-drop';
  readonly says = 'drop parked records for good; what lies behind them is tried again';
  readonly arguments = Which;
  readonly exclusive = 'parked-drop';
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  async run(which: Which, running: Running): Promise<Outcome> {
    const { consumer } = which;
    const { records, meanwhile } = await (running.apply ? this.#drop(which, running) : this.#look(which, running));
    const gone = meanwhile === 0 ? '' : ` (${meanwhile} more were no longer parked: their owner had tried them again meanwhile)`;
    const follows = FOLLOWS[consumer];
    return {
      summary: `${records} records ${running.apply ? 'are' : 'would be'} dropped${gone}; what lies behind them is tried again, in order${records > 0 && follows ? `. ${follows[0]!.toUpperCase()}${follows.slice(1)}` : ''}`,
      figures: { consumer, records, meanwhile },
    };
  }

  async #look(which: Which, { resumed, keep }: Running): Promise<Counts> {
    const found = await droppable(this.#pool, which, 100_000);
    if (resumed === undefined) await keep('listed', found.map(rowOf));
    return { records: found.length, meanwhile: 0 };
  }

  /** Step by step, each kept in the transaction that drops: after a crash nothing is dropped twice, or without being told. */
  async #drop(which: Which, { id: runId, resumed, keep, tell, signal }: Running): Promise<Counts> {
    let counts = (resumed as Counts | undefined) ?? { records: 0, meanwhile: 0 };
    for (;;) {
      signal.throwIfAborted();
      const found = await droppable(this.#pool, which, STEP);
      if (found.length === 0) return counts;
      counts = await transaction(this.#pool, async (client) => {
        const dropped = await dropParked(client, found.map(({ id }) => id), runId);
        const after = { records: counts.records + dropped.size, meanwhile: counts.meanwhile + found.length - dropped.size };
        await keep(after, found.filter(({ id }) => dropped.has(id)).map(rowOf), client);
        return after;
      });
      tell({ doing: 'dropping', unit: 'records', done: counts.records });
    }
  }
}

type Counts = Readonly<{ records: number; meanwhile: number }>;
