import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Scopes } from '@touchpoint/host';
import { MessagesQuery } from '../messages.query.ts';
import { Answering } from './answering.ts';
import { Answers, BEFORE, CUSTOMER_ID, LIMIT } from './openapi.ts';
import { customerIdFrom, messagesPage } from './params.ts';

@Controller('v1/customers')
@ApiTags('Messages')
@Scopes('messages:read')
export class MessagesController {
  readonly #answering: Answering;
  readonly #messages: MessagesQuery;
  constructor(@Inject(Answering) answering: Answering, @Inject(MessagesQuery) messages: MessagesQuery) {
    [this.#answering, this.#messages] = [answering, messages];
  }

  @Get(':id/messages')
  @ApiOperation({
    operationId: 'messages', summary: 'Messages with their decisions, newest first',
    description: 'Why a message was sent or held: what was decided, under which published set, by which event and on what grounds, and what became of it.',
  })
  // The page shows them from the last to the first.
  @ApiQuery(BEFORE)
  @ApiQuery(LIMIT)
  @ApiParam(CUSTOMER_ID)
  @Answers('Messages', { badRequest: 'QUERY.PARAMETER' })
  async page(@Param('id') id: string, @Query() query: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const customerId = customerIdFrom(id);
    const page = messagesPage(query);
    return this.#answering.answer(reply, () => this.#messages.page(customerId, page));
  }
}
