import { describe, expect, it } from '@jest/globals';
import { readModels, type MessageRow } from '@touchpoint/profile';
import { partitionOf } from '@touchpoint/kernel';
import { showMessage, statusOf } from './message-view.ts';

const CUSTOMER = '3f0c9a52-9d0b-5a53-8f5e-6f6c2a9d7e10';
const empty = Object.fromEntries(Object.keys(readModels.messages.columns).map((name) => [name, null])) as unknown as MessageRow;
const row = (more: Partial<MessageRow>): MessageRow => ({ ...empty, commandId: '7f3b0c1a-5d7e-5a0b-8c55-1e9a2f6d4c31', ...more });
const sent = { statedAt: 1, verdict: 'send', sentAt: 2 };

describe('the status of a message', () => {
  it.each([
    ['pending', { statedAt: 1, verdict: 'send' }], ['held', { statedAt: 1, verdict: 'hold', reason: 'no consent' }], ['held', { statedAt: 1, verdict: 'send', heldAt: 2 }], ['sent', sent], ['delivered', { ...sent, deliveredAt: 3 }],
    ['opened', { ...sent, openedAt: 4 }], ['clicked', { ...sent, openedAt: 4, clickedAt: 5 }], ['bounced', { ...sent, deliveredAt: 3, bouncedAt: 4 }], ['complained', { ...sent, openedAt: 3, bouncedAt: 4, complainedAt: 5 }],
    ['failed', { statedAt: 1, verdict: 'send', failedAt: 2 }], ['unknown', { statedAt: 1, verdict: 'send', unknownAt: 2 }], ['sent', { ...sent, unknownAt: 1 }], ['failed', { statedAt: 1, unknownAt: 2, failedAt: 9 }],
    ['sent', { sentAt: 2 }],
  ] as const)('is %s after %j', (status, more) => expect(statusOf(row(more as Partial<MessageRow>))).toBe(status));
});

describe('a message', () => {
  it('names the event that caused the decision by its place on the timeline that it was decided on', () => {
    const { decision } = showMessage(row({ ...sent, why: { consent: 'granted' }, causeId: 'm-1', causeOffset: 41 }), CUSTOMER, 12);
    expect(decision).toMatchObject({ verdict: 'send', why: { consent: 'granted' }, cause: { messageId: 'm-1', position: { partition: partitionOf(CUSTOMER, 12), offset: 41 } } });
  });
  it('whose decision was not read yet has its outcomes', () => {
    expect(showMessage(row({ sentAt: 0 }), undefined, 12)).toMatchObject({ status: 'sent', decision: null, outcomes: { sentAt: '1970-01-01T00:00:00.000Z' } });
  });
});
