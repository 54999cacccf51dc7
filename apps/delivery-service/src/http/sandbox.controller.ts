import { Body, Controller, Get, Header, HttpCode, Inject, Put, Query } from '@nestjs/common';
import * as z from 'zod';
import { badRequest, Scopes } from '@touchpoint/host';
import { SandboxBehaviour, SandboxProvider, type SandboxMessage } from '../sandbox.provider.ts';
import { sandboxPage } from './sandbox.page.ts';

const Filter = z.strictObject({
  customerId: z.uuid().optional(),
  channel: z.enum(['email', 'sms', 'push']).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: z.iso.datetime().optional(),
});

const valid = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badRequest('SANDBOX.INVALID', 'The request is not valid', parsed.error.issues.map(({ path, code, message }) => ({ path: `/${path.join('/')}`, code, message })));
};

/** What would have been sent, and how the sandbox behaves. */
@Controller()
export class SandboxController {
  readonly #sandbox: SandboxProvider;
  constructor(@Inject(SandboxProvider) sandbox: SandboxProvider) {
    this.#sandbox = sandbox;
  }

  @Get('/v1/sandbox/messages')
  @Scopes('sandbox:read')
  @Header('cache-control', 'no-store')
  async messages(@Query() query: unknown): Promise<{ messages: readonly SandboxMessage[] }> {
    return { messages: await this.#sandbox.messages(withoutUndefined(valid(Filter, query))) };
  }

  @Get('/v1/sandbox/behaviour')
  @Scopes('sandbox:read')
  behaviour(): Promise<SandboxBehaviour> {
    return this.#sandbox.behaviour();
  }

  @Put('/v1/sandbox/behaviour')
  @Scopes('sandbox:write')
  @HttpCode(204)
  async setBehaviour(@Body() body: unknown): Promise<void> {
    await this.#sandbox.setBehaviour(valid(SandboxBehaviour, body));
  }

  @Get('/sandbox')
  @Scopes('sandbox:read')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-store')
  @Header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self' data:; img-src data:")
  async page(@Query() query: unknown): Promise<string> {
    const filter = withoutUndefined(valid(Filter, query));
    return sandboxPage(await this.#sandbox.messages(filter), filter);
  }
}

const withoutUndefined = ({ customerId, channel, limit, before }: z.infer<typeof Filter>) => ({ limit, ...(customerId && { customerId }), ...(channel && { channel }), ...(before && { before }) });
