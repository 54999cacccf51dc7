import { Body, Controller, Get, Header, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { badRequest, CurrentCaller, HttpProblem, notFound, Scopes, type Caller } from '@touchpoint/host';
import type { Operation, ResultRow } from '../operation.ts';
import { RunStore, type AuditEntry, type Run } from '../run-store.ts';
import type { Runner } from '../runner.ts';
import { OPERATIONS, RUNNER } from '../tokens.ts';
import { AuditQuery, NewRunBody, OPERATOR_HEADER, RowsQuery, RunId, RunsQuery, valid, whoOf } from './params.ts';

const noRun = () => notFound('OPERATIONS.NO_RUN', 'There is no such run');

/** What can be done, what is being done and was done, by whom and why. */
@Controller('/v1')
@Scopes('operate')
export class RunsController {
  readonly #store: RunStore;
  readonly #operations: ReadonlyMap<string, Operation>;
  readonly #runner: Runner;

  constructor(@Inject(RunStore) store: RunStore, @Inject(OPERATIONS) operations: readonly Operation[], @Inject(RUNNER) runner: Runner) {
    [this.#store, this.#runner] = [store, runner];
    this.#operations = new Map(operations.map((operation) => [operation.name, operation]));
  }

  @Get('/operations')
  operations(): { operations: readonly object[] } {
    return { operations: [...this.#operations.values()].map(({ name, says, arguments: schema }) => ({ name, says, arguments: z.toJSONSchema(schema, { io: 'input' }) })) };
  }

  @Post('/runs')
  @HttpCode(202)
  async ask(@Body() body: unknown, @CurrentCaller() caller: Caller, @Headers(OPERATOR_HEADER) operator?: string): Promise<Run> {
    const { id, operation: name, arguments: given, apply, why } = valid(NewRunBody, body);
    const operation = this.#operations.get(name);
    if (!operation) throw badRequest('OPERATIONS.UNKNOWN', `There is no such operation: there is ${[...this.#operations.keys()].join(', ')}`);
    valid(operation.arguments as z.ZodType, given, '/arguments');
    const run = await this.#store.ask({ id, operation: name, arguments: given, apply, why, who: whoOf(caller.name, operator), exclusive: operation.exclusive ?? null });
    this.#runner.wake();
    return run;
  }

  @Get('/runs')
  async list(@Query() asked: unknown): Promise<{ runs: readonly Run[] }> {
    return { runs: await this.#store.list(valid(RunsQuery, asked)) };
  }

  @Get('/runs/:id')
  async get(@Param('id') id: string): Promise<Run> {
    const run = await this.#store.get(valid(RunId, id));
    if (!run) throw noRun();
    return run;
  }

  /** What a run found, would do or did, row by row. */
  @Get('/runs/:id/rows')
  @Header('cache-control', 'no-store')
  async rows(@Param('id') id: string, @Query() asked: unknown): Promise<{ rows: readonly ResultRow[]; next: number | null }> {
    const { after, limit } = valid(RowsQuery, asked);
    const rows = await this.#store.rows((await this.get(id)).id, after, limit);
    return { rows: rows.map(({ row }) => row), next: rows.length === limit ? rows.at(-1)!.nth : null };
  }

  @Post('/runs/:id/stop')
  @HttpCode(202)
  async stop(@Param('id') id: string, @CurrentCaller() caller: Caller, @Headers(OPERATOR_HEADER) operator?: string): Promise<Run> {
    const run = await this.get(id);
    if (!(await this.#store.stop(run.id, whoOf(caller.name, operator)))) throw new HttpProblem(409, 'OPERATIONS.ENDED', 'The run has ended');
    return this.get(id);
  }

  @Post('/runs/:id/resume')
  @HttpCode(202)
  async resume(@Param('id') id: string, @CurrentCaller() caller: Caller, @Headers(OPERATOR_HEADER) operator?: string): Promise<Run> {
    const run = await this.get(id);
    if (!(await this.#store.resume(run.id, whoOf(caller.name, operator)))) throw new HttpProblem(409, 'OPERATIONS.NOT_STOPPED', 'Only a run that was stopped or has failed can go on');
    this.#runner.wake();
    return this.get(id);
  }

  @Get('/audit')
  async audit(@Query() asked: unknown): Promise<{ entries: readonly AuditEntry[] }> {
    return { entries: await this.#store.audit(valid(AuditQuery, asked)) };
  }
}
