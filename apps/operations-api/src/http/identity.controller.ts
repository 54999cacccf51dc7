import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post } from '@nestjs/common';
import * as z from 'zod';
import { notFound, Scopes } from '@touchpoint/host';
import { SOURCE_KINDS } from '@touchpoint/kernel';
import type { SourceKeys } from '@touchpoint/vault';
import { IdentityQuery, type IdentityBody } from '../identity/identity.query.ts';
import { SOURCE_KEYS } from '../tokens.ts';
import { valid } from './params.ts';

const CustomerId = z.uuid('a customer is named by its id, a UUID');
/** In a body, not in a path: what a source stands for is personal, and paths are logged on the way. */
const Source = z.strictObject({ kind: z.enum(SOURCE_KINDS).exclude(['customer']), value: z.string().min(1).max(400) });

/** Who is one customer with whom, by which sources, and how that came. */
@Controller('/v1/identity')
@Scopes('operate')
export class IdentityController {
  readonly #identity: IdentityQuery;
  readonly #keys: SourceKeys;

  constructor(@Inject(IdentityQuery) identity: IdentityQuery, @Inject(SOURCE_KEYS) keys: SourceKeys) {
    [this.#identity, this.#keys] = [identity, keys];
  }

  @Post('/find')
  @HttpCode(200)
  async find(@Body() body: unknown): Promise<{ customerId: string }> {
    const { kind, value } = valid(Source, body);
    const customerId = await this.#identity.customerOf(this.#keys.keyOf(kind, value));
    if (customerId === undefined) throw notFound('OPERATIONS.NO_CUSTOMER', 'No customer has this source');
    return { customerId };
  }

  @Get('/:id')
  @Header('cache-control', 'no-store')
  async show(@Param('id') id: string): Promise<IdentityBody> {
    const found = await this.#identity.show(valid(CustomerId, id));
    if (!found) throw notFound('OPERATIONS.NO_CUSTOMER', 'There is no such customer');
    return found;
  }
}
