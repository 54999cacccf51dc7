import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { POOL, query, requestRetry, type Pool } from '@touchpoint/store';
import type { Operation, Outcome, Running } from '../operation.ts';

const Which = z.strictObject({ consumer: z.string().max(100), key: z.string().max(200).optional(), code: z.string().max(100).optional() });
type Which = z.infer<typeof Which>;

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

  async run({ consumer, key, code }: Which, { apply, resumed, keep }: Running): Promise<Outcome> {
    const keys = await query<{ key: string; records: number; code: string }>(this.#pool,
      `select key, count(*)::int as records, (array_agg(code order by "offset"))[1] as code from log.parked p where consumer = $1 and ($2::text is null or key = $2)
       and ($3::text is null or exists (select from log.parked c where c.consumer = p.consumer and c.topic = p.topic and c.partition = p.partition and c.key = p.key and c.code = $3)) group by key order by key`,
      [consumer, key ?? null, code ?? null]);
    if (resumed === undefined) await keep('listed', keys);
    const records = keys.reduce((sum, { records: of }) => sum + of, 0);
    if (apply) for (const { key: one } of keys) await requestRetry(this.#pool, { consumer, key: one });
    return { summary: `${records} records of ${keys.length} keys ${apply ? 'are' : 'would be'} tried again, within a second or so`, figures: { consumer, keys: keys.length, records } };
  }
}
