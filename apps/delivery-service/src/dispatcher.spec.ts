import { describe, expect, it } from '@jest/globals';
import { message, type JsonText } from '@touchpoint/contracts';
import { noTracing } from '@touchpoint/host';
import { transient, type CustomerId, type SourceKey } from '@touchpoint/kernel';
import { Dispatcher, type Command, type DispatcherOptions, type LastLook } from './dispatcher.ts';
import type { Claim } from './message-store.ts';
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
const claim = { commandId: 'c', attempt: 1, lost: null, command: Buffer.alloc(0), thread: { correlationId: null, traceparent: null } };
const FAR = Number.MAX_SAFE_INTEGER;

const provider = (send: () => Promise<ProviderAnswer>, idempotent = false): MessageProvider => ({ name: 'fake', channels: ['email'], idempotent, send });
const dispatcher = (over: Partial<DispatcherOptions>) =>
  new Dispatcher({
    lastLook: () => Promise.resolve({ message: outgoing }), callLimitMs: 50, maxAttempts: 3, retryMs: 100, callsAtOnce: 4, now: () => NOW, tracing: noTracing,
    providerFor: () => provider(() => Promise.resolve({ answer: 'accepted', providerMessageId: 'p1' })), ...over,
  });
const settled = async (over: Partial<DispatcherOptions>, what: Partial<Command> = {}, claimed: Partial<Claim> = {}, until = FAR) =>
  (await dispatcher(over).dispatch([{ claim: { ...claim, ...claimed }, command: command(what) }], until))[0]?.settlement;
const never: LastLook = () => Promise.reject(transient('DELIVERY.BEHIND', 'not read as far'));
const answers = (answer: ProviderAnswer, idempotent = false) => ({ providerFor: () => provider(() => Promise.resolve(answer), idempotent) });
const accepted: ProviderAnswer = { answer: 'accepted', providerMessageId: 'p1' };
const busy: ProviderAnswer = { answer: 'refused', permanent: false, reason: 'busy' };
const refused: ProviderAnswer = { answer: 'refused', permanent: true, reason: 'no such address' };
const silent = (idempotent = false) => ({ providerFor: () => provider(() => Promise.reject(new Error('connection lost')), idempotent) });

describe('a command', () => {
  it('is sent when the provider accepts it', async () => expect(await settled({})).toEqual({ state: 'sent', provider: 'fake', providerMessageId: 'p1' }));
  it('is held when the last look speaks against it', async () => expect(await settled({ lastLook: () => Promise.resolve({ held: 'withdrawn' }) })).toEqual({ state: 'held', reason: 'withdrawn' }));
  it('is held, not looked at, when it is too late', async () => expect(await settled({ lastLook: never }, { notAfter: NOW - 1 })).toEqual({ state: 'held', reason: 'expired' }));
  it('fails for good when it is refused for good', async () => expect(await settled(answers(refused))).toEqual({ state: 'failed', provider: 'fake', reason: 'no such address' }));
  it('fails when nobody carries its channel', async () => expect(await settled({ providerFor: () => undefined })).toEqual({ state: 'failed', provider: null, reason: 'no provider carries email' }));
  it('is tried again later when it is refused for the moment, each time later, and given up in the end', async () => {
    expect(await settled(answers(busy))).toEqual({ state: 'retry', provider: 'fake', reason: 'busy', afterMs: 100, lost: false });
    expect(await settled(answers(busy), {}, { attempt: 2 })).toMatchObject({ state: 'retry', afterMs: 200 });
    expect(await settled(answers(busy), {}, { attempt: 3 })).toMatchObject({ state: 'failed' });
  });
  it.each([['throws', () => Promise.reject(new Error('connection lost'))], ['never answers', () => new Promise<never>(() => undefined)]])('is unknown when the provider %s', async (_, send) =>
    expect(await settled({ providerFor: () => provider(send) })).toMatchObject({ state: 'unknown', provider: 'fake', attempt: 1 }));
  it.each<[string, boolean, Partial<Command>]>([['its step asks for at least once', false, { guarantee: 'atLeastOnce' }], ['the provider carries a command once however often it gets it', true, {}]])('is tried again instead when %s, and unknown in the end', async (_, idempotent, what) => {
    expect(await settled(silent(idempotent), what)).toMatchObject({ state: 'retry', lost: true });
    expect(await settled(silent(idempotent), what, { attempt: 3, lost: 2 })).toMatchObject({ state: 'unknown', provider: 'fake', attempt: 3 });
  });
});

describe('a command that cannot be handed over yet', () => {
  const counting = () => {
    const calls: string[] = [];
    return { calls, providerFor: () => provider(() => { calls.push('call'); return Promise.resolve(accepted); }) };
  };
  it.each([1, 3, 99])('waits, whatever its attempt (%i), when its claim would end before the answer', async (attempt) => {
    const { calls, providerFor } = counting();
    expect(await settled({ providerFor }, {}, { attempt }, performance.now() + 10)).toEqual({ state: 'waiting', reason: 'claimed too long', afterMs: 100 });
    expect(calls).toEqual([]);
  });
  it.each([1, 3, 99])('waits, whatever its attempt (%i), when consent could not be looked at', async (attempt) => {
    const { calls, providerFor } = counting();
    expect(await settled({ lastLook: never, providerFor }, {}, { attempt })).toEqual({ state: 'waiting', reason: 'could not look at consent: DELIVERY.BEHIND', afterMs: 100 });
    expect(calls).toEqual([]);
  });
});

describe('Unknown is said: a command with an attempt that was never answered', () => {
  const again = { guarantee: 'atLeastOnce' } as const;
  const lost = { attempt: 2, lost: 1 };
  const unknown = { state: 'unknown', provider: 'fake', attempt: 1 };
  it('is sent when the next one is accepted', async () => expect(await settled({}, again, lost)).toMatchObject({ state: 'sent' }));
  it('is unknown when it is held since', async () => expect(await settled({ lastLook: () => Promise.resolve({ held: 'withdrawn' }) }, again, lost)).toEqual({ ...unknown, reason: 'attempt 1 was not answered, then: withdrawn' }));
  it('is unknown when it is too late since', async () => expect(await settled({}, { ...again, notAfter: NOW - 1 }, lost)).toMatchObject(unknown));
  it('is unknown when its text cannot be made since', async () => expect(await settled({ lastLook: () => Promise.resolve({ failed: 'unknown template' }) }, again, lost)).toMatchObject(unknown));
  it('is unknown when its channel lost its provider since', async () => expect(await settled({ providerFor: () => undefined }, again, lost)).toMatchObject({ ...unknown, provider: null }));
  it('is unknown when the others were refused for the moment', async () => expect(await settled(answers(busy), again, { attempt: 3, lost: 1 })).toMatchObject(unknown));
  it('is unknown when it is refused for good by a provider that may have carried it before', async () => expect(await settled(answers(refused), again, lost)).toMatchObject(unknown));
  it('fails when it is refused for good by a provider that would know that it carried it', async () => expect(await settled(answers(refused, true), {}, lost)).toMatchObject({ state: 'failed' }));
  it('is never handed over again where that could carry it twice, or when its attempts are used up', async () => {
    const forbidden = { providerFor: () => provider(() => Promise.reject(new Error('not to be called')), false), lastLook: never };
    expect(await settled(forbidden, {}, lost)).toMatchObject(unknown);
    expect(await settled(forbidden, again, { attempt: 4, lost: 3 })).toMatchObject({ ...unknown, attempt: 3 });
  });
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
  it('do not suffer from one that nobody carries', async () => {
    const email = provider(() => Promise.resolve(accepted));
    const results = await dispatcher({ providerFor: (channel) => (channel === 'email' ? email : undefined) })
      .dispatch([{ claim, command: command({ channel: 'other' }) }, { claim: { ...claim, commandId: 'd' }, command: command() }], FAR);
    expect(results.map(({ settlement }) => settlement.state).sort()).toEqual(['failed', 'sent']);
  });
});
