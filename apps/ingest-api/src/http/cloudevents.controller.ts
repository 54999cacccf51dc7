import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, CurrentCaller, isTraceparent, Scopes, type Caller } from '@touchpoint/host';
import { takeCloudEvent } from '@touchpoint/intake';
import type { IngestConfig } from '../config.ts';
import { Receiver } from '../receiver.ts';
import { batchAnswer, eventAnswer, type BatchAnswer } from './answers.ts';
import { CLOUDEVENT, CLOUDEVENT_BATCH, eventLimit, mediaType } from './bodies.ts';
import { jsonBody, type JsonBody } from './json-body.ts';
import { membersOf, sizesOf } from './members.ts';

type Headers = FastifyRequest['headers'];
const EMPTY: JsonBody = { value: undefined, bytes: Buffer.alloc(0), escaped: false };

/** A header of the binary form: percent-encoded UTF-8, perhaps in quotes. What cannot be decoded stays as it is. */
const headerText = (value: string): string => {
  const bare = /^".*"$/s.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/gs, '$1') : value;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
};

/** The binary form: attributes are headers `ce-…`, the body is the data. */
const fromHeaders = (headers: Headers, { value: data }: JsonBody): Record<string, unknown> => {
  const attributes = Object.entries(headers).flatMap(([name, value]) => (name.startsWith('ce-') && typeof value === 'string' ? [[name.slice(3), headerText(value)] as const] : []));
  return { ...Object.fromEntries(attributes), datacontenttype: headers['content-type'] ?? 'application/json', data };
};

/** The extension of distributed tracing. */
const traceparentOf = (event: unknown): string | undefined => {
  const value = typeof event === 'object' && event !== null ? (event as Record<string, unknown>)['traceparent'] : undefined;
  return isTraceparent(value) ? value : undefined;
};

/** CloudEvents 1.0: binary, structured, and batched. */
@Controller('v1')
@Scopes('events:write', 'events:import')
export class CloudEventsController {
  readonly #receiver: Receiver;
  readonly #config: IngestConfig;
  constructor(@Inject(Receiver) receiver: Receiver, @Inject(CONFIG) config: IngestConfig) {
    this.#receiver = receiver;
    this.#config = config;
  }

  @Post('cloudevents')
  @HttpCode(200)
  async take(@Body() bytes: Buffer | undefined, @Req() request: FastifyRequest, @CurrentCaller() caller: Caller): Promise<BatchAnswer> {
    const type = mediaType(request);
    const isBinary = type !== CLOUDEVENT && type !== CLOUDEVENT_BATCH;
    const body = isBinary && !bytes?.length ? EMPTY : jsonBody(bytes);
    const maxEventBytes = eventLimit(caller, this.#config);
    const members = type === CLOUDEVENT_BATCH ? membersOf(body.value) : [isBinary ? fromHeaders(request.headers, body) : body.value];
    const receiving = this.#receiver.receive({
      caller, members, maxEventBytes, bytes: body.bytes.length, escaped: body.escaped || isBinary, sizes: type === CLOUDEVENT_BATCH ? sizesOf(body, members, 'specversion', maxEventBytes) : undefined,
      take: takeCloudEvent, traceparentOf,
    });
    return receiving.then(type === CLOUDEVENT_BATCH ? batchAnswer : eventAnswer);
  }
}
