import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { POOL, query, requestRetry, type Pool } from '@touchpoint/store';
import type { Operation, Outcome, Running } from '../operation.ts';

const Which = z.strictObject({ consumer: z.string().max(100), key: z.string().max(200).optional(), code: z.string().max(100).optional() });
type Which = z.infer<typeof Which>;

/** What identity-resolver parks that a retry does not mend: the event that has taken the message id is known for days, that of imported history for ever. */
const CONFLICT = 'IDENTITY.CONFLICT';

/** Lets a consumer try parked records again, in order: those of one customer or source, those of one cause, or all. The partitions' owners do it, between two batches. */
@Injectable()
export class ParkedRetry implements Operation<Which> {
  readonly name = 'parked-retry';
  readonly says = 'let a consumer try parked records again, in order';
  readonly arguments = Which;
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  async run({ consumer, key, code }: Which, { apply, resumed, keep, tell, signal }: Running): Promise<Outcome> {
    const keys = await query<{ key: string; records: number; code: string; conflicts: number }>(this.#pool,
      `select key, count(*)::int as records, (array_agg(code order by "offset"))[1] as code, (count(*) filter (where code = '${CONFLICT}'))::int as conflicts
       from log.parked p where consumer = $1 and not dropped and ($2::text is null or key = $2)
       and ($3::text is null or exists (select from log.parked c where c.consumer = p.consumer and c.topic = p.topic and c.partition = p.partition and c.key = p.key and c.code = $3)) group by key order by key`,
      [consumer, key ?? null, code ?? null]);
    if (resumed === undefined) await keep('listed', keys.map(({ conflicts: _, ...row }) => row));
    const sum = (of: 'records' | 'conflicts') => keys.reduce((all, row) => all + row[of], 0);
    for (const [done, { key: one }] of (apply ? keys : []).entries()) {
      signal.throwIfAborted();
      tell({ doing: 'asking for retries', unit: 'keys', done, total: keys.length });
      await requestRetry(this.#pool, { consumer, key: one });
    }
    const [records, conflicts] = [sum('records'), sum('conflicts')];
    const stay = conflicts === 0 ? '' : `; ${conflicts} of them (${CONFLICT}) stay parked as long as the event is known that has taken their message id, and hold nothing back: let their publisher send them again, each under an id of its own`;
    return { summary: `${records} records of ${keys.length} keys ${apply ? 'are' : 'would be'} tried again, within a second or so${stay}`, figures: { consumer, keys: keys.length, records, conflicts } };
  }
}
