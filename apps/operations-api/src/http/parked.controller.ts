import { Controller, Get, Header, Inject, Param, Query } from '@nestjs/common';
import * as z from 'zod';
import { notFound, Scopes } from '@touchpoint/host';
import { MESSAGE_READER, type MessageReader } from '@touchpoint/log';
import { listDropped, listParked, parkedCauses, POOL, readParked, type DroppedPosition, type ParkedSummary, type Pool } from '@touchpoint/store';
import { showRecord, type ShownRecord } from '../parked/parked-record.ts';
import { valid } from './params.ts';

const which = { consumer: z.string().max(100).optional(), key: z.string().max(200).optional(), code: z.string().max(100).optional(), limit: z.coerce.number().int().min(1).max(1_000).default(100) };
const ListQuery = z.strictObject({ ...which, after: z.coerce.number().int().min(0).default(0) });
const DroppedQuery = z.strictObject(which);
const ParkedId = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

type Cause = Awaited<ReturnType<typeof parkedCauses>>[number];

/** What could not be processed, and why. Personal values are not shown. */
@Controller('/v1/parked')
@Scopes('operate')
export class ParkedController {
  readonly #pool: Pool;
  readonly #reader: MessageReader;

  constructor(@Inject(POOL) pool: Pool, @Inject(MESSAGE_READER) reader: MessageReader) {
    [this.#pool, this.#reader] = [pool, reader];
  }

  @Get()
  async list(@Query() asked: unknown): Promise<{ parked: readonly ParkedSummary[]; next: number | null }> {
    const { limit, ...rest } = valid(ListQuery, asked);
    const parked = await listParked(this.#pool, { limit, ...rest });
    return { parked, next: parked.length === limit ? parked.at(-1)!.id : null };
  }

  @Get('/causes')
  async causes(): Promise<{ causes: readonly Cause[] }> {
    return { causes: await parkedCauses(this.#pool) };
  }

  @Get('/dropped')
  async dropped(@Query() asked: unknown): Promise<{ dropped: readonly DroppedPosition[] }> {
    const { limit, ...rest } = valid(DroppedQuery, asked);
    return { dropped: await listDropped(this.#pool, rest, limit) };
  }

  @Get('/:id')
  @Header('cache-control', 'no-store')
  async show(@Param('id') id: string): Promise<ParkedSummary & { record: ShownRecord | null }> {
    const found = await readParked(this.#pool, valid(ParkedId, id));
    if (!found) throw notFound('OPERATIONS.NOT_PARKED', 'No such record is parked');
    return { ...found.summary, record: found.record ? await showRecord(found.record, this.#reader) : null };
  }
}
