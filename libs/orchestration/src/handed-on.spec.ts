import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Touchpoint } from '@touchpoint/contracts';
import { MAX_HANDED_ON, touchpointOf, touchpointText } from './handed-on.ts';
import { email, message, order } from './testing/messages.ts';

const back = (touchpoint: Touchpoint): Touchpoint => touchpointOf({ ...message('TouchpointHandedOn', {}).data, messageType: touchpoint.type, data: touchpointText(touchpoint.data) });

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
    expect(touchpointText(huge.data).length).toBeLessThan(MAX_HANDED_ON);
    expect(back(huge)).toEqual(order('1', { lines: [] }));
  });
});
