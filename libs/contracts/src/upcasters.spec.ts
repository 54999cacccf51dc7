import { describe, expect, it } from '@jest/globals';
import type { Message } from '@touchpoint/kernel';
import { message } from './codec.ts';
import { upcast, upcastWith, type Upcasters } from './upcasters.ts';

type Paid = Message<'Paid', { euros: number }>;
type PaidInCents = Message<'PaidInCents', { cents: number }>;
type PaymentTaken = Message<'PaymentTaken', { cents: number; currency: string }>;
type Refunded = Message<'Refunded', { cents: number }>;

const table: Upcasters<Paid | PaidInCents, PaymentTaken | Refunded> = {
  Paid: ({ data: { euros } }) => ({ type: 'PaidInCents', data: { cents: euros * 100 } }),
  PaidInCents: ({ data }) => ({ type: 'PaymentTaken', data: { ...data, currency: 'EUR' } }),
};
const read = upcastWith<Paid | PaidInCents, PaymentTaken | Refunded>(table);

describe('when a message was retired', () => {
  it('is read as the one that took its place, over several steps', () => {
    expect(read({ type: 'Paid', data: { euros: 3 } })).toEqual({ type: 'PaymentTaken', data: { cents: 300, currency: 'EUR' } });
    expect(read({ type: 'PaidInCents', data: { cents: 5 } })).toEqual({ type: 'PaymentTaken', data: { cents: 5, currency: 'EUR' } });
  });

  it('stops when the upcasters lead in a circle', () => {
    const round = upcastWith<Paid | PaidInCents, PaymentTaken>({ Paid: () => ({ type: 'PaidInCents', data: { cents: 1 } }), PaidInCents: () => ({ type: 'Paid', data: { euros: 1 } }) });
    expect(() => round({ type: 'Paid', data: { euros: 3 } })).toThrow('circle');
  });
});

describe('when a message is current', () => {
  it('is the same object', () => {
    const refunded = { type: 'Refunded', data: { cents: 1 } } as const;
    expect(read(refunded)).toBe(refunded);
    const tracked = message('Tracked', { name: 'Signed Up' });
    expect(upcast(tracked)).toBe(tracked);
  });
});
