import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { badRequest, CONFIG, CurrentCaller, Scopes, type Caller } from '@touchpoint/host';
import { takeSegment, type Arrival, type Call } from '@touchpoint/intake';
import type { IngestConfig } from '../config.ts';
import { Receiver, type Post as Posted } from '../receiver.ts';
import { batchAnswer, eventAnswer, type BatchAnswer } from './answers.ts';
import { BATCH_ROUTES, eventLimit } from './bodies.ts';
import { jsonBody, type JsonBody } from './json-body.ts';
import { membersOf, sizesOf } from './members.ts';

type Raw = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Segment's HTTP API. Its SDKs take exactly 200 as success: it is answered once the broker has acknowledged. */
@Controller('v1')
@Scopes('events:write', 'events:import')
export class SegmentController {
  readonly #receiver: Receiver;
  readonly #config: IngestConfig;
  constructor(@Inject(Receiver) receiver: Receiver, @Inject(CONFIG) config: IngestConfig) {
    this.#receiver = receiver;
    this.#config = config;
  }

  @Post('identify')
  @HttpCode(200)
  identify(@Body() body: Buffer | undefined, @CurrentCaller() caller: Caller): Promise<BatchAnswer> {
    return this.#one('identify', body, caller);
  }

  @Post('track')
  @HttpCode(200)
  track(@Body() body: Buffer | undefined, @CurrentCaller() caller: Caller): Promise<BatchAnswer> {
    return this.#one('track', body, caller);
  }

  @Post('page')
  @HttpCode(200)
  page(@Body() body: Buffer | undefined, @CurrentCaller() caller: Caller): Promise<BatchAnswer> {
    return this.#one('page', body, caller);
  }

  @Post('screen')
  @HttpCode(200)
  screen(@Body() body: Buffer | undefined, @CurrentCaller() caller: Caller): Promise<BatchAnswer> {
    return this.#one('screen', body, caller);
  }

  @Post('group')
  @HttpCode(200)
  group(@Body() body: Buffer | undefined, @CurrentCaller() caller: Caller): Promise<BatchAnswer> {
    return this.#one('group', body, caller);
  }

  @Post('alias')
  @HttpCode(200)
  alias(@Body() body: Buffer | undefined, @CurrentCaller() caller: Caller): Promise<BatchAnswer> {
    return this.#one('alias', body, caller);
  }

  @Post(BATCH_ROUTES)
  @HttpCode(200)
  async batch(@Body() bytes: Buffer | undefined, @CurrentCaller() caller: Caller): Promise<BatchAnswer> {
    return this.#receiver.receive(this.#batchOf(jsonBody(bytes), caller)).then(batchAnswer);
  }

  #batchOf(body: JsonBody, caller: Caller): Posted {
    if (!isObject(body.value)) throw badRequest('INGEST.NO_BATCH', 'Expected an object with the events in "batch"');
    const { batch, sentAt, context } = body.value;
    const members = membersOf(batch);
    const maxEventBytes = eventLimit(caller, this.#config);
    return {
      caller, members, maxEventBytes, sentAt, context: isObject(context) ? context : undefined, bytes: body.bytes.length, escaped: body.escaped,
      sizes: sizesOf(body, members, 'messageId', maxEventBytes), take: takeMember,
    };
  }

  async #one(call: Call, bytes: Buffer | undefined, caller: Caller): Promise<BatchAnswer> {
    const body = jsonBody(bytes);
    const receiving = this.#receiver.receive({
      caller, members: [body.value], sizes: undefined, maxEventBytes: eventLimit(caller, this.#config), bytes: body.bytes.length, escaped: body.escaped,
      take: (member: unknown, arrival: Arrival) => takeSegment(member, arrival, call),
    });
    return receiving.then(eventAnswer);
  }
}

const takeMember = (member: unknown, arrival: Arrival) => takeSegment(member, arrival);
