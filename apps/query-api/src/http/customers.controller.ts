import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Scopes } from '@touchpoint/host';
import { CustomerQuery } from '../customer.query.ts';
import { Answering } from './answering.ts';
import { Answers, CUSTOMER_ID } from './openapi.ts';
import { customerIdFrom, LOOKUP_KINDS, nothingElse, sourceFrom } from './params.ts';

@Controller('v1/customers')
@ApiTags('Customers')
@Scopes('customers:read')
export class CustomersController {
  readonly #answering: Answering;
  readonly #customers: CustomerQuery;
  constructor(@Inject(Answering) answering: Answering, @Inject(CustomerQuery) customers: CustomerQuery) {
    [this.#answering, this.#customers] = [answering, customers];
  }

  @Get('by/:kind/:value')
  @ApiOperation({
    operationId: 'customerBySource', summary: 'A customer by what publishers call it',
    description: 'The source id is turned into its source key, and the customer that the key is linked to is found. Encode the value for a path (`%2F` for `/`). E-mail addresses are compared without case.',
  })
  // The page shows them from the last to the first.
  @ApiParam({ name: 'value', schema: { type: 'string', minLength: 1, maxLength: 400 } })
  @ApiParam({ name: 'kind', schema: { type: 'string', enum: [...LOOKUP_KINDS] } })
  @Answers('Customer', { badRequest: 'QUERY.SOURCE' })
  async bySource(@Param('kind') kind: string, @Param('value') value: string, @Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    nothingElse(query);
    const source = sourceFrom(kind, value);
    return this.#answering.answer(reply, () => this.#customers.bySource(...source));
  }

  @Get(':id')
  @ApiOperation({
    operationId: 'customer', summary: 'A customer',
    description: 'All that is known, over all customers that were merged into it. An id that was absorbed by another is answered with the one that survives, and `requested` says so.',
  })
  @ApiParam(CUSTOMER_ID)
  @Answers('Customer', { badRequest: 'QUERY.CUSTOMER_ID' })
  async byId(@Param('id') id: string, @Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    nothingElse(query);
    const customerId = customerIdFrom(id);
    return this.#answering.answer(reply, () => this.#customers.byId(customerId));
  }
}
