import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { CLOCK, CONFIG, type Clock } from '@touchpoint/host';
import { DAY, halt } from '@touchpoint/kernel';
import { dropOldKeys, dropPartial, POOL, query, readManifest, writeSnapshot, type Manifest, type Pool } from '@touchpoint/store';
import type { OperationsConfig } from '../config.ts';
import type { Operation, Outcome, Running } from '../operation.ts';

const Nothing = z.strictObject({});
type Cursor = Readonly<{ folder: string }>;

/**
 * Writes a snapshot of the database: all but the read models, which are folded from the log. Workers go on meanwhile. Begun again after a kill, it writes the same folder
 * anew, unless it is there. The keys of old snapshots are deleted with each one.
 */
@Injectable()
export class Snapshot implements Operation<object> {
  readonly name = 'snapshot';
  readonly says = 'write a snapshot of the database into a folder, and delete the keys of old ones';
  readonly arguments = Nothing;
  readonly exclusive = 'snapshot';
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #keyDays: number;

  constructor(@Inject(POOL) pool: Pool, @Inject(CLOCK) clock: Clock, @Inject(CONFIG) { SNAPSHOT_DIR, SNAPSHOT_KEY_DAYS }: OperationsConfig) {
    [this.#pool, this.#clock, this.#directory, this.#keyDays] = [pool, clock, resolve(SNAPSHOT_DIR), SNAPSHOT_KEY_DAYS];
  }

  async run(_: object, { apply, resumed, signal, keep, tell }: Running): Promise<Outcome> {
    const now = this.#clock.now();
    const before = new Date(now - this.#keyDays * DAY);
    if (!apply) {
      const [row] = await query<{ mb: number }>(this.#pool, "select (sum(pg_total_relation_size(c.oid)) / 1e6)::float8 as mb from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname not in ('profile', 'registry') and n.nspname !~ '^(pg_|information)' and c.relkind = 'r'");
      const expired = await dropOldKeys(this.#directory, before, { apply: false });
      const mb = Math.ceil(row?.mb ?? 0);
      return { summary: `A snapshot of at most ${mb} MB would be written to ${this.#directory}, and the keys of ${expired} old ones deleted`, figures: { mb, keysDeleted: expired, folder: this.#directory } };
    }
    await mkdir(this.#directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw halt('OPERATIONS.SNAPSHOT_DIR', `${this.#directory} cannot be written (${(error as { code?: string }).code ?? 'unknown'}): set SNAPSHOT_DIR to a folder that operations-api may write to`);
    });
    const { folder } = (resumed as Cursor | undefined) ?? { folder: join(this.#directory, new Date(now).toISOString().replaceAll(':', '-')) };
    await keep({ folder } satisfies Cursor);
    await dropPartial(this.#directory);
    const manifest = await this.#written(folder, { now, signal, tell });
    const keysDeleted = await dropOldKeys(this.#directory, before, { apply: true });
    const rows = manifest.parts.reduce((sum, part) => sum + part.rows, 0);
    const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    return { summary: `${rows.toLocaleString('en')} rows of ${manifest.parts.length} parts lie in ${folder}; its keys are deleted after ${this.#keyDays} days, by a later snapshot; those of ${keysDeleted} old ones are`, figures: { folder, rows, bytes, keysDeleted } };
  }

  async #written(folder: string, { now, signal, tell }: Pick<Running, 'signal' | 'tell'> & Readonly<{ now: number }>): Promise<Manifest> {
    const there = await readManifest(folder).catch(() => undefined);
    return there ?? writeSnapshot(this.#pool, { folder, takenAt: new Date(now), signal, tell: (part, done, total) => tell({ doing: `writing ${part}`, unit: 'parts', done, total }) });
  }
}
