import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { halt, invalidMessage } from '@touchpoint/kernel';
import type { Client } from '@touchpoint/store';
import type { Operation, Outcome, Running } from '../operation.ts';
import { liveVersions } from '../rebuild/beside.ts';
import { FOLD_PORTS } from '../rebuild/fold-ports.ts';
import { holdingPartition, livePositions, passedByOf } from '../rebuild/live.ts';
import { PartitionFold, type FoldPorts } from '../rebuild/partition-fold.ts';
import { LIVE, tableOf } from '../rebuild/read-models.ts';
import { forgetReplaced, putBack, replacedBy, replacedModels, replacedSince, type Replaced, type ReplacedModel } from './replaced.ts';

const Which = z.strictObject({ run: z.uuid() });
type Which = z.infer<typeof Which>;

/** Puts back what a replay has replaced, with what came since folded onto it: from the offset at which the rows stood (design §8). */
@Injectable()
export class ReplayUndo implements Operation<Which> {
  readonly name = 'replay-undo';
  readonly says = 'put back what a replay has replaced';
  readonly arguments = Which;
  readonly exclusive = 'rebuild';
  readonly #ports: FoldPorts;

  constructor(@Inject(FOLD_PORTS) ports: FoldPorts) {
    this.#ports = ports;
  }

  async run({ run }: Which, { apply, tell, keep, signal, resumed }: Running): Promise<Outcome> {
    let undone = (resumed as number | undefined) ?? 0;
    const pieces = await replacedBy(this.#ports.pool, run);
    if (pieces.length === 0 && undone === 0) throw invalidMessage('REPLAY.NOTHING_KEPT', `of run ${run} nothing is kept that could be put back: it replaced nothing, was undone, or is too long ago`);
    const since = await replacedSince(this.#ports.pool, run);
    if (since) throw halt('REPLAY.REPLACED_SINCE', `rows were replaced again since, by ${since.operation} ${since.id}: undo that first where it can be, or fold anew with rebuild`);
    for (const [i, piece] of pieces.entries()) {
      signal.throwIfAborted();
      tell({ doing: 'putting back', unit: 'pieces', done: i, total: pieces.length });
      const models = await replacedModels(this.#ports.pool, run, piece.nth);
      await this.#checkVersions(models);
      const rows = rowsOf(models);
      undone += rows.length;
      if (apply) await this.#undo(run, piece, models, (client) => keep(undone, rows, client));
      else await keep(undone, rows);
    }
    return { summary: `${undone} read models of customers ${apply ? 'stand again as they did before, with what came since' : 'would be put back, with what came since'}`, figures: { undone } };
  }

  async #checkVersions(models: readonly ReplacedModel[]): Promise<void> {
    const live = await liveVersions(this.#ports.pool);
    const other = models.filter(({ model, version }) => live.get(model) !== version || tableOf(model, 'live').projection.version !== version).map(({ model }) => model);
    if (other.length > 0) throw halt('REPLAY.OTHER_VERSION', `another version of ${other.join(', ')} is live by now: what was kept does not fit it`);
  }

  async #undo(runId: string, { nth, partition, stoodAt, seen, passed: passedThen }: Replaced, models: readonly ReplacedModel[], done: (client: Client) => Promise<void>): Promise<void> {
    const folds = models.map((model) => {
      const table = tableOf(model.model, 'live');
      const fold = new PartitionFold(this.#ports, LIVE, [table]);
      return { model, table, since: fold.customers(partition, model.customers, { next: stoodAt, seen, passed: passedThen }) };
    });
    const customers = [...new Set(models.flatMap((model) => model.customers))];
    const now = (await livePositions(this.#ports.pool)).get(partition) ?? stoodAt;
    const without = await passedByOf(this.#ports.pool, partition, customers);
    for (const { since } of folds) await since.upTo(now, without);
    await holdingPartition(this.#ports.pool, partition, async (client, to) => {
      const passed = await passedByOf(client, partition, customers);
      for (const { model, table, since } of folds) {
        await putBack(client, table, { ...model, runId, nth });
        await (await since.upTo(to, passed)).save(client);
      }
      await forgetReplaced(client, runId, nth);
      await done(client);
    });
  }
}

const rowsOf = (models: readonly ReplacedModel[]) => models.flatMap(({ model, customers }) => customers.map((customer) => ({ model, customer })));
