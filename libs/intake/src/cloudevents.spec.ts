import { describe, expect, it } from '@jest/globals';
import { takeCloudEvent } from './cloudevents.ts';
import type { Arrival } from './incoming.ts';
import { takeSegment } from './segment.ts';

const AT = Date.UTC(2026, 0, 31, 12);
const arrival: Arrival = { receivedAt: AT, mayImport: false, escaped: true };
const base = { specversion: '1.0', id: '1', source: '/shop/orders', type: 'com.touchpoint.OrderCompleted', subject: 'user:42', time: '2026-01-31T11:00:00Z', data: { order_id: 'o', currency: 'EUR', total: 5 } };
const take = (event: object, how: Partial<Arrival> = {}) => takeCloudEvent({ ...base, ...event }, { ...arrival, ...how });
const taken = (event: object, how: Partial<Arrival> = {}) => {
  const intake = take(event, how);
  if ('refused' in intake) throw new Error(JSON.stringify(intake.refused));
  return intake.taken[0]!;
};

describe('a CloudEvent', () => {
  it('is the message that its type names, with the data that a track call has as properties', () => {
    const tracked = takeSegment({ messageId: 'm', userId: '42', event: 'Order Completed', properties: base.data }, arrival, 'track');
    expect(taken({})).toMatchObject({ type: 'OrderCompleted', messageId: '/shop/orders 1', occurredAt: AT - 3_600_000, sources: [{ kind: 'user', value: '42' }], historical: false, link: 'none' });
    expect(taken({}).data).toEqual('taken' in tracked && tracked.taken[0]!.data);
    expect(taken({ type: 'OrderCompleted' }).type).toBe('OrderCompleted');
  });
  it('is Tracked by its own type where that is no message', () => {
    expect(taken({ type: 'com.shop.OrderCompleted', data: { a: 1 } })).toMatchObject({ type: 'Tracked', data: { name: 'com.shop.OrderCompleted', properties: '{"a":1}' } });
    expect(taken({ type: 'toString', data: undefined })).toMatchObject({ type: 'Tracked', data: { name: 'toString', properties: null } });
  });
  it('may set traits, and join a group', () => {
    expect(taken({ type: 'TraitsSet', data: { email: 'a@b.example' } })).toMatchObject({ link: 'identify', sources: [{ kind: 'user', value: '42' }, { kind: 'email', value: 'a@b.example' }], data: { email: 'a@b.example' } });
    expect(taken({ type: 'GroupJoined', data: { group_id: 'g', traits: { plan: 'x' } } })).toMatchObject({ type: 'GroupJoined', data: { groupId: 'g', traits: '{"plan":"x"}' } });
  });
  it('says the channel of an outcome in its data', () => expect(taken({ type: 'MessageOpened', data: { channel: 'sms', command_id: 'c' } }).data).toMatchObject({ message: { channel: 'sms', commandId: 'c' } }));
  it('keeps its identity, source and id, in a messageId that fits', () => {
    const long = taken({ source: `/x/${'y'.repeat(200)}` }).messageId;
    expect(long).toMatch(/^[0-9a-f-]{36}$/);
    expect(taken({ source: `/x/${'y'.repeat(200)}`, id: '2' }).messageId).not.toBe(long);
    expect(taken({ source: 'a b', id: 'c' }).messageId).not.toBe(taken({ source: 'a', id: 'b c' }).messageId);
  });
  it('may be history, as text too', () => {
    expect(taken({ historical: true }, { mayImport: true }).historical).toBe(true);
    expect(taken({ historical: 'true' }, { mayImport: true }).historical).toBe(true);
    expect(take({ historical: true })).toMatchObject({ refused: { code: 'INTAKE.HISTORY_FORBIDDEN' } });
  });
  it.each([['email:Anna@Example.com', 'email', 'anna@example.com'], ['phone:+41 79 123 45 67', 'phone', '+41791234567'], ['device:a:b', 'device', 'a:b'], ['anonymous:x', 'anonymous', 'x']])('is about %p', (subject, kind, value) =>
    expect(taken({ subject }).sources).toEqual([{ kind, value }]));
  it.each([
    [{ subject: 'customer:6f1d4f39' }, 'subject', 'INTAKE.FORBIDDEN_SOURCE'],
    [{ subject: undefined }, 'subject', 'INTAKE.NO_SOURCE'],
    [{ subject: '42' }, 'subject', 'INTAKE.BAD_ID'],
    [{ subject: 'user:' }, 'subject', 'INTAKE.BAD_ID'],
    [{ subject: 'user:null' }, 'subject', 'INTAKE.BAD_ID'],
    [{ subject: 'email:nobody' }, 'subject', 'INTAKE.BAD_ID'],
    [{ subject: 'phone:123' }, 'subject', 'INTAKE.BAD_ID'],
    [{ subject: 'constructor:x' }, 'subject', 'INTAKE.BAD_ID'],
    [{ subject: 5.5 }, 'subject', 'INTAKE.WRONG_TYPE'],
    [{ specversion: '0.3' }, 'specversion', 'INTAKE.BAD_CLOUDEVENT'],
    [{ id: '' }, 'id', 'INTAKE.BAD_CLOUDEVENT'],
    [{ source: undefined }, 'source', 'INTAKE.BAD_CLOUDEVENT'],
    [{ type: undefined, data: {} }, 'type', 'INTAKE.BAD_CLOUDEVENT'],
    [{ datacontenttype: 'text/xml' }, 'datacontenttype', 'INTAKE.BAD_CLOUDEVENT'],
    [{ data_base64: 'e30=' }, 'data_base64', 'INTAKE.BAD_CLOUDEVENT'],
    [{ type: 'Tracked', data: 'x' }, 'data', 'INTAKE.WRONG_TYPE'],
    [{ time: '2026-02-03T00:00:00Z' }, 'timestamp', 'INTAKE.FUTURE'],
    [{ data: { currency: 'EUR', total: 1 } }, 'data.order_id', 'INTAKE.MISSING'],
  ])('with %p is refused', (event, path, code) => expect(take(event)).toEqual({ refused: expect.objectContaining({ code, issues: [expect.objectContaining({ path, code })] }) }));
  it.each([[null], [[]], ['x'], [1], [undefined]])('is an object, not %p', (event) => expect(takeCloudEvent(event, arrival)).toMatchObject({ refused: { code: 'INTAKE.NOT_AN_OBJECT' } }));
  it('takes a media type with parameters', () => expect(taken({ datacontenttype: 'application/json; charset=utf-8' }).type).toBe('OrderCompleted'));
});
