import { applyDecorators } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiResponse, DocumentBuilder, SwaggerModule, type ApiParamOptions, type ApiQueryOptions, type OpenAPIObject } from '@nestjs/swagger';
import * as z from 'zod';
import { examples, problems } from './answers.example.ts';
import { documented } from './answers.schema.ts';
import { FRESHNESS_HEADER } from './answering.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from './params.ts';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const freshnessHeader = { [FRESHNESS_HEADER]: { description: 'Lag of the answer in seconds, as in `freshness.seconds`; `unknown` while the log cannot be asked.', schema: { type: 'string' as const } } };
const retryHeader = { 'retry-after': { description: 'Seconds to wait.', schema: { type: 'string' as const } } };

const problemAnswer = (status: keyof typeof problems, more: object = {}) => {
  const example = { type: 'about:blank', status, ...problems[status], ...more, correlationId: '6f1d4f39-4a55-4f0c-9e0b-3c1f5d7a2b10' };
  return ApiResponse({
    status, description: problems[status].title,
    headers: { ...(status === 404 && freshnessHeader), ...((status === 429 || status === 503) && retryHeader) },
    content: { 'application/problem+json': { schema: ref('Problem'), example } },
  });
};

/** What a route answers with, errors included, with an example each. */
export const Answers = (name: keyof typeof examples, codes: Readonly<{ badRequest: string }>) =>
  applyDecorators(
    ApiResponse({ status: 200, description: 'Found', headers: freshnessHeader, content: { 'application/json': { schema: ref(name), example: examples[name] } } }),
    problemAnswer(400, { code: codes.badRequest }),
    problemAnswer(401),
    problemAnswer(403),
    problemAnswer(404),
    problemAnswer(429),
    problemAnswer(503),
  );

export const CUSTOMER_ID: ApiParamOptions = { name: 'id', description: 'A customer id; one that was absorbed by another does, too.', schema: { type: 'string', format: 'uuid', examples: [examples.Customer.customerId] } as never };
export const LIMIT: ApiQueryOptions = { name: 'limit', required: false, description: 'At most so many entries; a page of large events may hold fewer.', schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT } };
export const BEFORE: ApiQueryOptions = { name: 'before', required: false, description: 'What an earlier page gave as `next`: the entries that are older.', schema: { type: 'string', maxLength: 200 } };

/** The schemas of the answers, as OpenAPI 3.1 has them: plain JSON Schema. */
const componentSchemas = (): Record<string, object> => {
  const { schemas } = z.toJSONSchema(documented, { uri: (id) => `#/components/schemas/${id}`, io: 'output', target: 'draft-2020-12' });
  return Object.fromEntries(Object.entries(schemas).map(([name, { $id: _id, $schema: _schema, ...schema }]) => [name, schema]));
};

export const openApi = (app: NestFastifyApplication): OpenAPIObject => {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Touchpoint: query')
    .setDescription('Customers, what happened to them, and the messages they got or did not get, with the reason. Read only. Every answer says how fresh it is.')
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addTag('Customers', 'Who they are and what happened. Scope `customers:read`.')
    .addTag('Messages', 'What was decided and what became of it. Scope `messages:read`.')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'tp_<id>_<secret>', description: 'An API key.' }, 'key')
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'An API key as the user name, with an empty password.' }, 'keyAsUser')
    .addSecurityRequirements('key')
    .addSecurityRequirements('keyAsUser')
    .build();
  const document = SwaggerModule.createDocument(app, base);
  return { ...document, components: { ...document.components, schemas: componentSchemas() as never } };
};

/** `/docs`, and the document itself at `/docs-json` and `/docs-yaml`. Open to anybody: they tell nothing of any customer. */
export const DOCS_PATHS = ['/docs', '/docs-json', '/docs-yaml'] as const;
/** Goes to the page as text. Without it a key that is not valid has the browser ask for a name and a password itself, and the answer 401 is not shown. */
const askWithoutCredentials = (request: { credentials?: string }) => Object.assign(request, { credentials: 'omit' });
export const installDocs = (app: NestFastifyApplication): void =>
  SwaggerModule.setup('docs', app, () => openApi(app), { customSiteTitle: 'Touchpoint: query', swaggerOptions: { requestInterceptor: askWithoutCredentials } });
