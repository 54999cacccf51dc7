import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Scopes, tooManyRequests } from '@touchpoint/host';
import { ExportQuery } from '../export/export.query.ts';
import { CUSTOMER_ID } from './openapi.ts';
import { customerIdFrom, nothingElse } from './params.ts';

/** Each takes as long as its reader does, so there are few at once. */
const AT_ONCE = 2;

@Controller('v1/customers')
@ApiTags('Customers')
@Scopes('customers:export')
export class ExportController {
  readonly #exports: ExportQuery;
  #running = 0;
  constructor(@Inject(ExportQuery) exports: ExportQuery) {
    this.#exports = exports;
  }

  @Get(':id/export')
  @ApiOperation({
    operationId: 'export', summary: 'All that is stored about a person',
    description: 'One JSON object, streamed: rows of every read model, events, messages with their decisions, consent, links, what decisions rest on, what is parked; personal values in clear, or null with a pointer in `redacted`. Its last member is `complete`. Scope `customers:export`.',
  })
  @ApiParam(CUSTOMER_ID)
  @ApiResponse({ status: 200, description: 'Found', content: { 'application/json': { schema: { type: 'object' } } } })
  async export(@Param('id') id: string, @Query() query: unknown): Promise<StreamableFile> {
    nothingElse(query);
    const customerId = customerIdFrom(id);
    if (this.#running >= AT_ONCE) throw tooManyRequests(5);
    this.#running += 1;
    try {
      const stream = Readable.from(await this.#exports.begin(customerId));
      stream.once('close', () => { this.#running -= 1; });
      return new StreamableFile(stream, { type: 'application/json; charset=utf-8', disposition: `attachment; filename="customer-${customerId}.json"` });
    } catch (error) {
      this.#running -= 1;
      throw error;
    }
  }
}
