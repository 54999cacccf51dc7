import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Touchpoint } from '@touchpoint/contracts';
import { MAX_HANDED_ON, touchpointOf, touchpointText } from './handed-on.ts';
import { email, message, order } from './testing/messages.ts';

const back = (touchpoint: Touchpoint): Touchpoint => touchpointOf({ ...message('TouchpointHandedOn', {}).data, messageType: touchpoint.type, data: touchpointText(touchpoint) });
const bytes = (text: string) => Buffer.byteLength(text);

describe('a touchpoint that is handed on', () => {
  it('arrives as it was, decimals and sealed bytes too', () =>
    fc.assert(fc.property(fc.bigInt(), fc.uint8Array(), fc.string(), (total, bytes, orderId) => {
      const placed = order(orderId, { total: total as never, personal: bytes as never, lines: [{ productId: 'P', quantity: total } as never] });
      expect(back(placed)).toEqual(placed);
    })));
  it('arrives as it was when the decoder gave Buffers', () => {
    const { data } = email('a');
    expect(back({ type: 'TraitsSet', data: { ...data, email: Buffer.from(data.email!) as never } })).toEqual({ type: 'TraitsSet', data });
  });
  it('goes without its lines when it would not fit on the log', () => {
    const huge = order('1', { lines: Array.from({ length: 9_000 }, (_, i) => ({ productId: `P-${i}`, quantity: 1n, name: 'x'.repeat(40) })) as never });
    expect(bytes(touchpointText(huge))).toBeLessThan(MAX_HANDED_ON);
    expect(back(huge)).toEqual(order('1', { lines: [] }));
  });
  it.each<[string, Touchpoint, Touchpoint]>([
    ['bytes count, not characters', order('1', { properties: JSON.stringify({ note: '日本'.repeat(100_000) }), coupon: 'C' }), order('1', { coupon: 'C' })],
    ['personal fields, which base64 makes longer', order('1', { personal: Buffer.alloc(400_000) as never, coupon: 'C' }), order('1', { coupon: 'C' })],
    ['both, and no more than must go', order('1', { properties: '"'.repeat(300_000), personal: Buffer.alloc(450_000) as never, lines: [{ productId: 'P' } as never] }), order('1', { lines: [{ productId: 'P' } as never] })],
  ])('goes without what is largest: %s', (_, huge, left) => {
    expect(bytes(touchpointText(huge))).toBeLessThanOrEqual(MAX_HANDED_ON);
    expect(back(huge)).toEqual(left);
  });
  it('keeps what no touchpoint of its kind can be without', () => expect(back(message('Tracked', { name: 'x'.repeat(MAX_HANDED_ON), properties: '{}' }))).toEqual(message('Tracked', { name: 'x'.repeat(MAX_HANDED_ON) })));
});
