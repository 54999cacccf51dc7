import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Scopes } from '@touchpoint/host';
import { TimelineQuery } from '../timeline.query.ts';
import { Answering } from './answering.ts';
import { Answers, BEFORE, CUSTOMER_ID, LIMIT } from './openapi.ts';
import { customerIdFrom, TIMELINE_TYPES, timelinePage } from './params.ts';

@Controller('v1/customers')
@ApiTags('Customers')
@Scopes('customers:read')
export class TimelineController {
  readonly #answering: Answering;
  readonly #timeline: TimelineQuery;
  constructor(@Inject(Answering) answering: Answering, @Inject(TimelineQuery) timeline: TimelineQuery) {
    [this.#answering, this.#timeline] = [answering, timeline];
  }

  @Get(':id/timeline')
  @ApiOperation({
    operationId: 'timeline', summary: 'What happened, newest first',
    description: 'Events of a customer and of all that were merged into it, by the time at which they happened. Their bodies are read from the log. Pages hold while events arrive: no entry comes twice, and none is left out that was there.',
  })
  // The page shows them from the last to the first.
  @ApiQuery({ name: 'type', required: false, style: 'form', explode: false, description: 'Only events of these types, comma-separated, at most 20.', schema: { type: 'array', maxItems: 20, items: { type: 'string', enum: [...TIMELINE_TYPES] } } })
  @ApiQuery(BEFORE)
  @ApiQuery(LIMIT)
  @ApiParam(CUSTOMER_ID)
  @Answers('Timeline', { badRequest: 'QUERY.PARAMETER' })
  async page(@Param('id') id: string, @Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const customerId = customerIdFrom(id);
    const page = timelinePage(query);
    return this.#answering.answer(reply, () => this.#timeline.page(customerId, page));
  }
}
