import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { partitionOf, type CustomerId } from '@touchpoint/kernel';
import type { Operation, Outcome, Running } from '../operation.ts';
import { checkVersions } from './beside.ts';
import { exchangeCustomers } from './exchange.ts';
import { FOLD_PORTS } from './fold-ports.ts';
import { MOST_CUSTOMERS, PartitionFold, type FoldPorts } from './partition-fold.ts';
import { LIVE, MODELS, tablesOf } from './read-models.ts';

const Asked = z.strictObject({
  customers: z.array(z.uuid()).min(1).max(MOST_CUSTOMERS),
  models: z.array(z.enum(MODELS as [string, ...string[]])).min(1).max(MODELS.length).default([...MODELS]),
});
type Asked = z.infer<typeof Asked>;

/** Folds single customers anew, from the log's beginning, and puts their rows in the place of those that stand there. The projector waits at their partition meanwhile. */
@Injectable()
export class RebuildCustomers implements Operation<Asked> {
  readonly name = 'rebuild-customers';
  readonly says = 'fold single customers anew, in place';
  readonly arguments = Asked;
  readonly exclusive = 'rebuild';
  readonly #ports: FoldPorts;

  constructor(@Inject(FOLD_PORTS) ports: FoldPorts) {
    this.#ports = ports;
  }

  async run({ customers, models }: Asked, { apply, tell, keep, signal, resumed }: Running): Promise<Outcome> {
    await checkVersions(this.#ports.pool, models);
    const tables = tablesOf(models, 'live');
    const fold = new PartitionFold(this.#ports, LIVE, tables);
    const byPartition = Map.groupBy(new Set(customers), (id) => partitionOf(id as CustomerId, this.#ports.partitions));
    const { done, changed } = (resumed as { done: number[]; changed: number } | undefined) ?? { done: [], changed: 0 };
    let different = changed;
    for (const [partition, theirs] of byPartition) {
      if (done.includes(partition)) continue;
      signal.throwIfAborted();
      tell({ doing: 'folding', unit: 'partitions', done: done.length, total: byPartition.size });
      const exchanged = await exchangeCustomers({ pool: this.#ports.pool, fold, tables, partition, customers: theirs, apply }, {
        after: (client, rows) => keep({ done: [...done, partition], changed: different + rows.length }, rows, client),
      });
      different += exchanged.length;
      done.push(partition);
      if (!apply) await keep({ done, changed: different }, exchanged);
    }
    return {
      summary: `${new Set(customers).size} customers folded anew from the log: ${different === 0 ? 'their rows are what they were' : `${different} read models of theirs ${apply ? 'were' : 'are'} different`}${apply ? '' : '; nothing was changed'}`,
      figures: { customers: customers.length, different },
    };
  }
}
