import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parseDecimal } from '@touchpoint/kernel';
import { about, at, consent, customer, email, fired, given, historical, key, order, publish } from './testing/given.ts';

const root = new URL('../../../', import.meta.url);
const files = Object.fromEntries(['journeys', 'templates'].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).map((file) => [relative(fileURLToPath(root), file), readFileSync(file, 'utf8')])));
/** Only the confirmation, so that each line is about it. */
const published = publish(Object.fromEntries(Object.entries(files).filter(([file]) => !file.startsWith('journeys/') || file.includes('order-confirmation'))), 7);
const lines = [{ productId: 'P-1', quantity: parseDecimal('2')!, price: parseDecimal('9.95')!, sku: null, name: 'Bread', category: null, brand: null, variant: null, coupon: null, url: null, imageUrl: null, properties: null }];

describe('an order, when there is an e-mail address', () => {
  const known = given(published, at('2026-01-01', email('a@b.c')));

  it('is confirmed at once, urgently, without any consent', () =>
    known.when(at('2026-01-02T10:00', order('1'))).then('enters order-confirmation', 'leaves order-confirmation: completed', 'sends order-confirmation', 'command email, urgent'));

  it('is confirmed by a command that says all that delivery needs, and no address', () => {
    const { commands } = known.when(at('2026-01-02T10:00:00Z', order('1', { lines, total: parseDecimal('19.90')! }))).outcome;
    expect(commands[0]!.message.data).toEqual({
      commandId: expect.stringMatching(/^[0-9a-f-]{36}$/), runId: expect.stringMatching(/^[0-9a-f-]{36}$/), journeyId: 'order-confirmation', stepId: 'confirm', setNumber: 7, customerId: customer('a'), channel: 'email',
      messageClass: 'transactional', guarantee: 'atLeastOnce', purpose: 'transactional', templateId: 'order-confirmation', contactPoint: key('a@b.c'), notAfter: Date.parse('2026-01-04T10:00:00Z'), decidedPartition: 0, decidedOffset: 1, link: null,
      variables: JSON.stringify({ orderId: '1', currency: 'EUR', total: '19.9', lines: [{ ...lines[0], quantity: '2', price: '9.95' }] }),
    });
  });

  it('explains itself', () => {
    const { facts } = known.when(at('2026-01-02T10:00:00Z', order('1'))).outcome;
    expect(facts.map(({ message: { data }, causationId }) => [causationId, 'setNumber' in data && data.setNumber, 'causeOffset' in data && data.causeOffset])).toEqual([['m1', 7, 1], ['m1', 7, 1]]);
    const [moved] = facts.map(({ message }) => message);
    if (moved?.type !== 'JourneysMoved') throw new Error('the moves come first');
    expect(JSON.parse(moved.data.why!)).toEqual({ cause: { type: 'OrderCompleted', messageId: 'm1' } });
    const runId: unknown = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(moved.data.moves).toEqual([
      { runId, journeyId: 'order-confirmation', move: 'entered', stepId: null, nextStepId: null, reason: null, heldOut: false, why: null },
      { runId, journeyId: 'order-confirmation', move: 'exited', stepId: 'done', nextStepId: null, reason: 'completed', heldOut: false, why: null },
    ]);
    const decided = facts[1]!.message.data as { why: string };
    expect(JSON.parse(decided.why)).toEqual({
      cause: { type: 'OrderCompleted', messageId: 'm1' }, due: '2026-01-02T10:00:00.000Z', now: '2026-01-02T10:00:00.000Z', notAfter: '2026-01-04T10:00:00.000Z', purpose: 'transactional', contactPoints: 1,
      consent: { allowed: true, because: 'needs no consent', since: null },
    });
  });

  it('is confirmed once, also when it is reported under another messageId', () => known.when(at('2026-01-02', order('1')), at('2026-01-03', order('1'))).then('enters order-confirmation', 'leaves order-confirmation: completed', 'sends order-confirmation', 'command email, urgent'));
  it('is confirmed with another command than the next order', () => {
    const { commands } = known.when(at('2026-01-02', order('1')), at('2026-01-02', order('2'))).outcome;
    expect(new Set(commands.map(({ message }) => message.data.commandId)).size).toBe(2);
  });
  it('is confirmed late, but not too late', () => {
    known.when(at('2026-01-02', order('1'), { received: Date.parse('2026-01-03T23:59Z') })).then('enters order-confirmation', 'leaves order-confirmation: completed', 'sends order-confirmation', 'command email, urgent');
    known.when(at('2026-01-02', order('1'), { received: Date.parse('2026-01-04T00:01Z') })).then('enters order-confirmation', 'leaves order-confirmation: completed', 'holds order-confirmation: expired');
  });
  it('is not confirmed when it is history, and history does not keep a live report of it from being confirmed', () => {
    known.when(historical('2025-12-31T23:59', '2026-01-02', order('1'))).then();
    known.when(historical('2026-01-02', '2026-01-02', order('1')), at('2026-01-02', order('1'))).then('enters order-confirmation', 'leaves order-confirmation: completed', 'sends order-confirmation', 'command email, urgent');
  });
});

describe('an order, when nobody can be reached', () => {
  it.each<[string, Parameters<typeof given>[1][], string]>([
    ['without an address', [], 'no contact point'],
    ['when the address was taken back', [at(1, email('a')), at(2, { type: 'TraitsSet', data: { ...email('a').data, email: null, emailKey: null, removed: ['email'] } })], 'no contact point'],
    ['after a hard bounce', [at(1, email('a')), at(2, about('MessageBounced', null, key('a'), { permanent: true }))], 'suppressed'],
    ['after a complaint', [at(1, email('a')), at(2, about('MessageComplained', null, key('a')))], 'suppressed'],
    ['when transactional e-mails were withdrawn', [at(1, email('a')), at(2, consent('email', false, 'transactional'))], 'withdrawn'],
  ])('is held %s, and says so', (_, before, reason) => given(published, ...before).when(at('2026-01-02', order('1'))).then('enters order-confirmation', 'leaves order-confirmation: completed', `holds order-confirmation: ${reason}`));

  it('is sent to a new address after the old one bounced', () =>
    given(published, at(1, email('a')), at(2, about('MessageBounced', null, key('a'), { permanent: true })), at(3, email('b'))).when(at('2026-01-02', order('1'))).then('enters order-confirmation', 'leaves order-confirmation: completed', 'sends order-confirmation', 'command email, urgent'));
  it('is sent after a soft bounce', () => expect(given(published, at(1, email('a')), at(2, about('MessageBounced', null, key('a'), { permanent: false }))).when(at('2026-01-02', order('1'))).outcome.commands).toHaveLength(1));
  it('is sent to the address that was said last, whatever comes last', () => {
    const { commands } = given(published, at(5, email('new')), at(3, email('old'))).when(at('2026-01-02', order('1'))).outcome;
    expect(commands[0]!.message.data.contactPoint).toBe(key('new'));
  });
});

describe('a timer of a journey that never waits', () => {
  it('decides nothing', () => given(published, at(1, order('1'))).when(fired({ timerId: 'x', runId: 'y', journeyId: 'order-confirmation', stepId: 'confirm', dueAt: 5, historical: false })).then());
});
