import { randomUUID } from 'node:crypto';
import { fenced } from '@touchpoint/kernel';
import { query, transaction, type Client, type Pool, type Queryable } from '@touchpoint/store';
import type { Outcome, Progress, ResultRow } from './operation.ts';

export type RunState = 'waiting' | 'running' | 'stopped' | 'done' | 'failed';
export type RunProblem = Readonly<{ code: string; message: string }>;
/** A run as the API shows it. Instants are ISO 8601. */
export type Run = Readonly<{
  id: string; operation: string; arguments: object; apply: boolean; who: string; why: string; state: RunState; stopAsked: boolean;
  askedAt: string; startedAt: string | null; endedAt: string | null; attempts: number; rows: number;
  progress: (Progress & Readonly<{ perSecond: number | null; secondsLeft: number | null }>) | null; outcome: Outcome | null; problem: RunProblem | null;
}>;
export type NewRun = Readonly<{ id?: string | undefined; operation: string; arguments: object; apply: boolean; who: string; why: string; exclusive: string | null }>;
/** A run as its owner takes it. */
export type Claim = Readonly<{ id: string; operation: string; arguments: object; apply: boolean; who: string; why: string; cursor: unknown; attempts: number }>;
export type AuditEntry = Readonly<{ id: number; at: string; runId: string; operation: string; apply: boolean; act: string; who: string; why: string; detail: unknown }>;

type RunRow = Readonly<{
  id: string; operation: string; arguments: object; apply: boolean; who: string; why: string; state: RunState; stop_asked: boolean; asked_at: Date; started_at: Date | null; ended_at: Date | null;
  attempts: number; rows: string; progress: Run['progress']; outcome: Outcome | null; problem: RunProblem | null;
}>;

const RUN = `select r.*, (select count(*) from operations.run_row w where w.run_id = r.id) as rows from operations.run r`;
const runOf = (row: RunRow): Run => {
  const { id, operation, apply, who, why, state, attempts, progress, outcome, problem } = row;
  return {
    id, operation, arguments: row.arguments, apply, who, why, state, stopAsked: row.stop_asked, askedAt: row.asked_at.toISOString(), startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null, attempts, rows: Number(row.rows), progress, outcome, problem,
  };
};

/** One line of the audit log, in the transaction of what it tells of. */
const AUDIT = 'insert into operations.audit (run_id, operation, apply, act, who, why, detail) select id, operation, apply, $2, coalesce($3, who), why, $4::jsonb from operations.run where id = $1';
const audited = async (client: Client, id: string, act: string, { who, detail }: { who?: string; detail?: object } = {}): Promise<void> => {
  await client.query({ name: 'audit', text: AUDIT, values: [id, act, who ?? null, detail === undefined ? null : JSON.stringify(detail)] });
};

/** Runs in Postgres: any process of operations-api may take one, and each has one owner at a time. */
export class RunStore {
  readonly #pool: Pool;
  readonly #owner = randomUUID();
  readonly #leaseMs: number;

  constructor(pool: Pool, leaseMs: number) {
    this.#pool = pool;
    this.#leaseMs = leaseMs;
  }

  /** @param run with an id of the asker's own, asking again after a lost answer asks for nothing new */
  async ask({ id = randomUUID(), operation, arguments: args, apply, who, why, exclusive }: NewRun): Promise<Run> {
    await transaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `insert into operations.run (id, operation, arguments, apply, who, why, exclusive, state) values ($1, $2, $3, $4, $5, $6, $7, 'waiting') on conflict (id) do nothing`,
        [id, operation, JSON.stringify(args), apply, who, why, exclusive]);
      if (rowCount === 1) await audited(client, id, 'asked for', { detail: { arguments: args } });
    });
    return (await this.get(id))!;
  }

  async get(id: string): Promise<Run | undefined> {
    const [row] = await query<RunRow>(this.#pool, `${RUN} where r.id = $1`, [id]);
    return row && runOf(row);
  }

  /** The newest first. */
  async list({ operation, state, limit, before }: { operation?: string | undefined; state?: string | undefined; limit: number; before?: string | undefined }): Promise<readonly Run[]> {
    const rows = await query<RunRow>(this.#pool, `${RUN} where ($1::text is null or r.operation = $1) and ($2::text is null or r.state = $2)
      and ($4::uuid is null or (r.asked_at, r.id) < (select b.asked_at, b.id from operations.run b where b.id = $4)) order by r.asked_at desc, r.id desc limit $3`, [operation ?? null, state ?? null, limit, before ?? null]);
    return rows.map(runOf);
  }

  /** Rows of a run's result, in order, after the one of this number. */
  async rows(id: string, after: number, limit: number): Promise<readonly Readonly<{ nth: number; row: ResultRow }>[]> {
    return (await query<{ nth: string; row: ResultRow }>(this.#pool, 'select nth, row from operations.run_row where run_id = $1 and nth > $2 order by nth limit $3', [id, after, limit])).map(({ nth, row }) => ({ nth: Number(nth), row }));
  }

  /** The audit log, the newest first. */
  async audit({ operation, limit, before }: { operation?: string | undefined; limit: number; before?: number | undefined }): Promise<readonly AuditEntry[]> {
    const rows = await query<{ id: string; at: Date; run_id: string; operation: string; apply: boolean; act: string; who: string; why: string; detail: unknown }>(this.#pool,
      'select * from operations.audit where ($1::text is null or operation = $1) and ($2::bigint is null or id < $2) order by id desc limit $3', [operation ?? null, before ?? null, limit]);
    return rows.map(({ id, at, run_id, ...row }) => ({ id: Number(id), at: at.toISOString(), runId: run_id, operation: row.operation, apply: row.apply, act: row.act, who: row.who, why: row.why, detail: row.detail }));
  }

  /** Asks the owner to stop; a run that waits is stopped at once. @returns false: it has ended. */
  async stop(id: string, who: string): Promise<boolean> {
    return transaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(`update operations.run set stop_asked = state = 'running', state = case state when 'waiting' then 'stopped' else state end where id = $1 and state in ('waiting', 'running')`, [id]);
      if (rowCount === 1) await audited(client, id, 'asked to stop', { who });
      return rowCount === 1;
    });
  }

  /** Lets a stopped or failed run go on where it stood. @returns false: there is nothing to go on with. */
  async resume(id: string, who: string): Promise<boolean> {
    return transaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(`update operations.run set state = 'waiting', not_before = now(), attempts = 0, ended_at = null, problem = null where id = $1 and state in ('stopped', 'failed')`, [id]);
      if (rowCount === 1) await audited(client, id, 'resumed', { who });
      return rowCount === 1;
    });
  }

  /** Takes a run that waits, or whose owner gives no sign of life. @param working what this process works on already, which it never takes twice, however late its signs of life are */
  async claim(working: readonly string[] = []): Promise<Claim | undefined> {
    try {
      return await transaction(this.#pool, async (client) => {
        const { rows } = await client.query<Claim>(
          `update operations.run set state = 'running', owner = $1, lease_until = now() + $2 * interval '1 ms', attempts = attempts + 1, started_at = coalesce(started_at, now())
           where id = (select id from operations.run w where id <> all($3) and ((state = 'waiting' and not_before <= now()) or (state = 'running' and lease_until < now()))
             and not exists (select from operations.run r where r.state = 'running' and r.exclusive = w.exclusive and r.id <> w.id) order by asked_at, id for update skip locked limit 1)
           returning id, operation, arguments, apply, who, why, cursor, attempts`, [this.#owner, this.#leaseMs, working]);
        const [claim] = rows;
        if (claim) await audited(client, claim.id, claim.attempts === 1 ? 'started' : 'taken up again');
        return claim;
      });
    } catch (error) {
      // Another process took one of the same kind in between.
      if (error instanceof Error && error.message.includes('one_of_a_kind_runs')) return undefined;
      throw error;
    }
  }

  /** A sign of life. @returns whether somebody asked to stop. @throws Failure Fenced when the run is another process's. */
  async alive(id: string, progress: Run['progress']): Promise<boolean> {
    const [row] = await query<{ stop_asked: boolean }>(this.#pool, `update operations.run set lease_until = now() + $3 * interval '1 ms', progress = coalesce($4, progress) where id = $1 and owner = $2 and state = 'running' returning stop_asked`,
      [id, this.#owner, this.#leaseMs, progress && JSON.stringify(progress)]);
    if (!row) throw lost(id);
    return row.stop_asked;
  }

  async keep(id: string, cursor: unknown, rows: readonly ResultRow[], on: Queryable): Promise<void> {
    const { rowCount } = await on.query(`update operations.run set cursor = $3 where id = $1 and owner = $2 and state = 'running'`, [id, this.#owner, JSON.stringify(cursor)]);
    if (rowCount !== 1) throw lost(id);
    if (rows.length > 0) await on.query('insert into operations.run_row (run_id, row) select $1, value from json_array_elements($2::json) with ordinality as t(value, nth) order by nth', [id, JSON.stringify(rows)]);
  }

  async done(id: string, outcome: Outcome): Promise<void> {
    await this.#end(id, 'done', "state = 'done', ended_at = now(), outcome = $3", JSON.stringify(outcome), { result: outcome });
  }

  async failed(id: string, problem: RunProblem): Promise<void> {
    await this.#end(id, 'failed', "state = 'failed', ended_at = now(), problem = $3", JSON.stringify(problem), { problem });
  }

  async stopped(id: string): Promise<void> {
    await this.#end(id, 'stopped', "state = 'stopped', stop_asked = false, ended_at = now(), progress = coalesce($3, progress)", null);
  }

  /** Leaves it to whoever takes it next, after a pause. */
  async putBack(id: string, afterMs: number): Promise<void> {
    await this.#end(id, 'put back', "state = 'waiting', not_before = now() + $3 * interval '1 ms'", afterMs);
  }

  /** Runs work in a transaction of which `keep` may be a part. */
  transaction<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return transaction(this.#pool, work);
  }

  async #end(id: string, act: string, set: string, value: unknown, detail?: object): Promise<void> {
    await transaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(`update operations.run set owner = null, lease_until = null, ${set} where id = $1 and owner = $2 and state = 'running'`, [id, this.#owner, value]);
      if (rowCount !== 1) throw lost(id);
      await audited(client, id, act, detail === undefined ? {} : { detail });
    });
  }
}

const lost = (id: string) => fenced(`the run ${id} belongs to another process`);
