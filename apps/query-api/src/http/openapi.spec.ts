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

type Operation = Readonly<{ operationId: string; description: string; parameters: readonly Readonly<{ name: string; in: string; schema: object }>[]; responses: Readonly<Record<string, Readonly<{ content: Readonly<Record<string, Readonly<{ example: unknown }>>> }>>> }>;
const operations = () => Object.values(document.paths).flatMap((item) => Object.values(item) as unknown as Operation[]);

describe('the OpenAPI document', () => {
  it('is valid', async () => {
    expect(await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>)).toMatchObject({ valid: true });
  });

  it('is refused by the validator when it is not', async () => {
    const broken = structuredClone(JSON.parse(JSON.stringify(document))) as { paths: Record<string, { get: { responses?: object } }> };
    delete broken.paths['/v1/customers/{id}']!.get.responses;
    broken.paths['/v1/customers/{id}/timeline']!.get.responses = { 200: { content: {} } };
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  it('describes every route, with an example of each answer', () => {
    expect(Object.keys(document.paths)).toEqual(['/v1/customers/by/{kind}/{value}', '/v1/customers/{id}', '/v1/customers/{id}/timeline', '/v1/customers/{id}/messages']);
    for (const { description, responses } of operations()) {
      expect(description).toMatch(/\.$/);
      expect(Object.keys(responses)).toEqual(['200', '400', '401', '403', '404', '429', '503']);
      for (const { content } of Object.values(responses)) expect(Object.values(content)[0]!.example).toBeTruthy();
    }
  });

  it('names every parameter of a path, in its order, and says that it asks for a key', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const inPath = (item.get as unknown as Operation).parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
      expect(path.match(/\{\w+\}/g)).toEqual(inPath);
    }
    const names = (path: string) => (document.paths[path]!.get as unknown as Operation).parameters.map(({ name }) => name);
    expect(names('/v1/customers/{id}/timeline')).toEqual(['id', 'limit', 'before', 'type']);
    expect(names('/v1/customers/{id}/messages')).toEqual(['id', 'limit', 'before']);
    expect(document.security).toEqual([{ key: [] }, { keyAsUser: [] }]);
    expect(Object.keys(document.components?.securitySchemes ?? {})).toEqual(['key', 'keyAsUser']);
  });

  it('refers to nothing that is not in it', () => {
    const refs = new Set(JSON.stringify(document).match(/#\/components\/schemas\/\w+/g));
    expect([...refs].map((ref) => ref.split('/').at(-1)!).filter((name) => !(name in (document.components?.schemas ?? {})))).toEqual([]);
  });
});

describe('an example', () => {
  it.each([['Customer', customer], ['Timeline', timeline], ['Messages', messages]] as const)('%s is what the schema says', (name, schema) => {
    expect(schema.safeParse(examples[name]).error?.issues).toBeUndefined();
  });
});
