import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { CONFIG, ENV, type Env } from '@touchpoint/host';
import { halt } from '@touchpoint/kernel';
import { POOL, query, transaction, type Client, type Pool } from '@touchpoint/store';
import type { OperationsConfig } from '../config.ts';
import type { Operation, Outcome, ResultRow, Running } from '../operation.ts';
import { BeingRead, changedModels, cutOver, forgetNext, liveVersions, makeNext, makeNextOfPrevious } from './beside.ts';
import { compare, type Compared } from './compare.ts';
import { FoldProcesses } from './fold-processes.ts';
import { holdingLive, livePositions, passedBy, type Positions } from './live.ts';
import { MODELS, tableOf } from './read-models.ts';

const Asked = z.strictObject({
  models: z.array(z.enum(MODELS as [string, ...string[]])).max(MODELS.length).default([]),
  /** The read models of which this release folds another version than the live one. */
  changed: z.boolean().default(false),
  /** Back to what the last rebuild of one read model replaced. */
  back: z.boolean().default(false),
  /** Cut over though rows differ: where the live ones are wrong, or another version makes others. */
  acceptDifferences: z.boolean().default(false),
}).refine(({ models, changed, back }) => (back ? models.length === 1 && !changed : changed !== models.length > 0), { path: ['models'], message: 'name read models, or ask for those that have changed; to go back, name one' });
type Asked = z.infer<typeof Asked>;

type Cursor = Readonly<{ models: readonly string[]; compared?: readonly Compared[]; cutOver?: true }>;

/** How far the tables beside may be behind when the projector is held until they are level. */
const NEAR = 2_000;
const DIFFERENT = 'REBUILD.DIFFERENT';
/** How a read model is compared: one side waits while the other takes its time. */
const IN_A_SNAPSHOT = "set transaction isolation level repeatable read read only; set local statement_timeout = '10min'; set local idle_in_transaction_session_timeout = '10min'";

/**
 * Folds read models anew, from the log's beginning, into tables beside the live ones; compares both while they have read the same; and makes them the live ones in one
 * transaction, in which the projector stands still. Reads never stop. A dry run does all but the last.
 */
@Injectable()
export class Rebuild implements Operation<Asked> {
  readonly name = 'rebuild';
  readonly says = 'fold read models anew beside the live ones, compare, and make them live';
  readonly arguments = Asked;
  readonly exclusive = 'rebuild';
  readonly #pool: Pool;
  readonly #env: Env;
  readonly #count: number;

  constructor(@Inject(POOL) pool: Pool, @Inject(ENV) env: Env, @Inject(CONFIG) { FOLD_PROCESSES }: OperationsConfig) {
    [this.#pool, this.#env, this.#count] = [pool, env, FOLD_PROCESSES];
  }

  async run(asked: Asked, running: Running): Promise<Outcome> {
    const cursor = (running.resumed as Cursor | undefined) ?? (await this.#begin(asked, running));
    const { models } = cursor;
    if (models.length === 0) return { summary: 'No read model has changed: nothing to do', figures: { models: 0 } };
    if (cursor.cutOver) return outcomeOf(cursor.compared ?? [], running.apply);
    const folds = new FoldProcesses(this.#env, models, this.#count, running.signal);
    try {
      await this.#catchUp(folds, running);
      const compared = await this.#compare(folds, cursor, running);
      const different = compared.filter(({ same }) => !same);
      if (running.apply && different.length > 0 && !asked.acceptDifferences) {
        await forgetNext(this.#pool);
        // Whoever resumes it begins anew.
        await running.keep(null);
        throw halt(DIFFERENT, `nothing was moved, since rows differ: ${different.map(described).join('; ')}. The customers concerned: npx touchpoint runs show ${running.id} --csv FILE. To take the rebuilt ones: --accept-differences`);
      }
      if (!running.apply) {
        await forgetNext(this.#pool);
        return outcomeOf(compared, false);
      }
      await this.#cutOver(folds, { models, compared, cutOver: true }, running);
      return outcomeOf(compared, true);
    } finally {
      folds.close();
    }
  }

  /** Tried for as long as somebody reads the views; the projector goes on in between. */
  async #cutOver(folds: FoldProcesses, cursor: Cursor, running: Running): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await this.#catchUp(folds, running);
      running.tell({ doing: 'cutting over', unit: 'tries', done: tries - 1 });
      try {
        return await holdingLive(this.#pool, async (client, positions) => {
          await this.#level(folds, positions);
          await cutOver(client, cursor.models);
          await running.keep(cursor, [], client);
        });
      } catch (error) {
        if (!(error instanceof BeingRead)) throw error;
        await sleep(Math.min(100 * tries, 5_000), undefined, { signal: running.signal });
      }
    }
  }

  async #begin({ models, changed, back }: Asked, { keep }: Running): Promise<Cursor> {
    return transaction(this.#pool, async (client) => {
      const wanted = changed ? await changedModels(client) : [...new Set(models)];
      if (!changed && !back) await this.#checkVersions(client, wanted);
      if (back) await makeNextOfPrevious(client, wanted[0]!);
      else if (wanted.length > 0) await makeNext(client, wanted);
      const cursor: Cursor = { models: wanted };
      await keep(cursor, [], client);
      return cursor;
    });
  }

  /** A release that is older than what is live would take the newer version away without a word. */
  async #checkVersions(client: Client, models: readonly string[]): Promise<void> {
    const live = await liveVersions(client);
    const newer = models.filter((model) => (live.get(model) ?? 0) > tableOf(model, 'live').projection.version);
    if (newer.length > 0) throw halt('REBUILD.OLDER_RELEASE', `a newer version of ${newer.join(', ')} is live than this release folds: ask the newer one, or go back with: rebuild ${newer[0]} --back`);
  }

  /** Folds what there is until the tables are nearly where the projector is. */
  async #catchUp(folds: FoldProcesses, { tell, signal }: Running): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const to = await livePositions(this.#pool);
      const total = sum(to.values());
      const at = new Map<number, number>();
      const say = () => tell({ doing: 'folding', unit: 'records', done: Math.min(total, sum(at.values())), total });
      say();
      await folds.all(foldsTo(to), (partition, next) => { at.set(partition, next); say(); });
      const now = await livePositions(this.#pool);
      if (sum(now.values()) - total <= NEAR) return;
    }
  }

  /** The last records, while the projector is held; and whoever has records that the projector passed by, as it has them. */
  async #level(folds: FoldProcesses, positions: Positions): Promise<void> {
    await folds.all(foldsTo(positions));
    const passed = await passedBy(this.#pool);
    await folds.all(passed.map(({ partition, customers, without }) => ({ do: 'fold customers', partition, customers, without, to: positions.get(partition) ?? 0 })));
  }

  async #compare(folds: FoldProcesses, { models }: Cursor, { tell, keep, signal }: Running): Promise<readonly Compared[]> {
    return transaction(this.#pool, async (client) => {
      await client.query(IN_A_SNAPSHOT);
      // The snapshot is that of this statement; the projector goes on while both are compared in it.
      const exported = await holdingLive(this.#pool, async (_, positions) => {
        await this.#level(folds, positions);
        return (await query<{ snapshot: string }>(client, 'select pg_export_snapshot() as snapshot'))[0]!.snapshot;
      });
      return transaction(this.#pool, async (other) => {
        await other.query(`${IN_A_SNAPSHOT}; set transaction snapshot '${exported}'`);
        const all: Compared[] = [];
        const rows: ResultRow[] = [];
        for (const model of models) {
          signal.throwIfAborted();
          tell({ doing: 'comparing', unit: 'read models', done: all.length, total: models.length });
          const { compared, examples } = await compare([client, other], model);
          all.push(compared);
          rows.push(...examples);
        }
        await keep({ models, compared: all } satisfies Cursor, rows);
        return all;
      });
    });
  }
}

const sum = (values: Iterable<number>): number => [...values].reduce((all, value) => all + value, 0);
const foldsTo = (to: Positions) => [...to].map(([partition, next]) => ({ do: 'fold', partition, to: next }) as const);
const described = ({ model, liveRows, rebuiltRows, onlyLive, onlyRebuilt }: Compared): string => `${model} has ${liveRows} rows live and ${rebuiltRows} rebuilt, ${onlyLive} of them only live and ${onlyRebuilt} only rebuilt`;
const outcomeOf = (compared: readonly Compared[], done: boolean): Outcome => {
  const different = compared.filter(({ same }) => !same);
  const rows = sum(compared.map(({ rebuiltRows }) => rebuiltRows));
  const equal = different.length === 0 ? 'all equal to the live ones' : different.map(described).join('; ');
  return {
    summary: `${rows.toLocaleString('en')} rows of ${compared.map(({ model }) => model).join(', ')} folded anew, ${equal}; ${done ? 'they are live, and what they replaced is kept until the next rebuild' : 'nothing was moved'}`,
    figures: { models: compared.length, rows, different: different.length, onlyLive: sum(different.map(({ onlyLive }) => onlyLive)), onlyRebuilt: sum(different.map(({ onlyRebuilt }) => onlyRebuilt)) },
  };
};
