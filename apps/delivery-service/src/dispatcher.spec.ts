import { describe, expect, it } from '@jest/globals';
import { message, type JsonText } from '@touchpoint/contracts';
import type { CustomerId, SourceKey } from '@touchpoint/kernel';
import { Dispatcher, type Command, type DispatcherOptions, type LastLook } from './dispatcher.ts';
import type { MessageProvider, OutgoingMessage, ProviderAnswer } from './provider.port.ts';

const NOW = 1_000_000;
const command = (over: Partial<Command> = {}): Command => ({
  ...message('SendMessage', {
    commandId: '00000000-0000-4000-8000-000000000001', customerId: '00000000-0000-4000-8000-000000000002' as CustomerId, runId: 'r', journeyId: 'j', stepId: 's', setNumber: 1,
    channel: 'email', messageClass: 'marketing', guarantee: 'atMostOnce', purpose: 'orders', templateId: 't', contactPoint: 'a'.repeat(32) as SourceKey, notAfter: NOW + 1, decidedPartition: 0, decidedOffset: 0, variables: '{}' as JsonText,
  }).data,
  ...over,
});
const outgoing = { channel: 'email', commandId: 'c' } as OutgoingMessage;
const claim = { commandId: 'c', attempt: 1, command: Buffer.alloc(0) };
const FAR = Number.MAX_SAFE_INTEGER;

const provider = (send: () => Promise<ProviderAnswer>, idempotent = false): MessageProvider => ({ name: 'fake', channels: ['email'], idempotent, send });
const dispatcher = (over: Partial<DispatcherOptions>) =>
  new Dispatcher({
    lastLook: () => Promise.resolve({ message: outgoing }), callLimitMs: 50, maxAttempts: 3, retryMs: 100, callsAtOnce: 4,
    providerFor: () => provider(() => Promise.resolve({ answer: 'accepted', providerMessageId: 'p1' })), ...over,
  });
const settled = async (over: Partial<DispatcherOptions>, what: Partial<Command> = {}, attempt = 1, until = FAR) =>
  (await dispatcher(over).dispatch([{ claim: { ...claim, attempt }, command: command(what) }], until))[0]?.settlement;
const never: LastLook = () => Promise.reject(new Error('not to be looked at'));

describe('a command', () => {
  it('is sent when the provider accepts it', async () => expect(await settled({})).toEqual({ state: 'sent', provider: 'fake', providerMessageId: 'p1' }));
  it('is held when the last look speaks against it', async () => expect(await settled({ lastLook: () => Promise.resolve({ held: 'withdrawn' }) })).toEqual({ state: 'held', reason: 'withdrawn' }));
  it('fails for good when it is refused for good', async () =>
    expect(await settled({ providerFor: () => provider(() => Promise.resolve({ answer: 'refused', permanent: true, reason: 'no such address' })) })).toEqual({ state: 'failed', provider: 'fake', reason: 'no such address' }));
  it('is tried again later when it is refused for the moment, each time later, and given up in the end', async () => {
    const busy = { providerFor: () => provider(() => Promise.resolve({ answer: 'refused', permanent: false, reason: 'busy' })) };
    expect(await settled(busy)).toMatchObject({ state: 'retry', afterMs: 100 });
    expect(await settled(busy, {}, 2)).toMatchObject({ state: 'retry', afterMs: 200 });
    expect(await settled(busy, {}, 3)).toMatchObject({ state: 'failed' });
  });
  it.each([['throws', () => Promise.reject(new Error('connection lost'))], ['never answers', () => new Promise<never>(() => undefined)]])('is unknown when the provider %s', async (_, send) =>
    expect(await settled({ providerFor: () => provider(send) })).toMatchObject({ state: 'unknown', provider: 'fake' }));
  it('is tried again instead when its step asks for at least once', async () =>
    expect(await settled({ providerFor: () => provider(() => Promise.reject(new Error('connection lost'))) }, { guarantee: 'atLeastOnce' })).toMatchObject({ state: 'retry' }));
  it('is tried again instead when the provider carries a command once however often it gets it', async () =>
    expect(await settled({ providerFor: () => provider(() => Promise.reject(new Error('connection lost')), true) })).toMatchObject({ state: 'retry' }));
  it('is not handed over when the answer could come behind the deadline of its claim', async () => {
    let calls = 0;
    const counting = { providerFor: () => provider(() => { calls += 1; return Promise.resolve({ answer: 'accepted', providerMessageId: null }); }) };
    expect(await settled(counting, {}, 1, performance.now() + 10)).toMatchObject({ state: 'retry' });
    expect(calls).toBe(0);
  });
  it('is tried again when consent could not be looked at', async () => expect(await settled({ lastLook: never })).toMatchObject({ state: 'retry', provider: 'none' }));
});

describe('many commands', () => {
  it('are handed over a few at once', async () => {
    let [open, most] = [0, 0];
    const slow = provider(async () => {
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setTimeout(resolve, 1));
      open -= 1;
      return { answer: 'accepted', providerMessageId: null };
    });
    const results = await dispatcher({ providerFor: () => slow, callLimitMs: 30_000 }).dispatch(Array.from({ length: 40 }, () => ({ claim, command: command() })), FAR);
    expect(results).toHaveLength(40);
    expect(most).toBe(4);
  });
});
