import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { CustomerQuery } from '../customer.query.ts';
import { MessagesQuery } from '../messages.query.ts';
import { TimelineQuery } from '../timeline.query.ts';
import { examples } from './answers.example.ts';
import { customer, messages, timeline } from './answers.schema.ts';
import { Answering } from './answering.ts';
import { CustomersController } from './customers.controller.ts';
import { MessagesController } from './messages.controller.ts';
import { openApi } from './openapi.ts';
import { TimelineController } from './timeline.controller.ts';

@Module({
  controllers: [CustomersController, TimelineController, MessagesController],
  providers: [Answering, CustomerQuery, TimelineQuery, MessagesQuery].map((provide) => ({ provide, useValue: {} })),
})
class RoutesOnly {}

let app: NestFastifyApplication;
let document: ReturnType<typeof openApi>;
beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(RoutesOnly, new FastifyAdapter() as never, { logger: false });
  document = openApi(app);
});
afterAll(() => app.close());

const operations = () => Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation: operation as Record<string, any> })));

describe('the OpenAPI document', () => {
  it('is valid', async () => {
    console.log(JSON.stringify(document, null, 1).slice(0, 20000));
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });
});
