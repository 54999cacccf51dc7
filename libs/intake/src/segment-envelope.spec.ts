import { describe, expect, it } from '@jest/globals';
import type { Arrival } from './incoming.ts';
import { takeSegment } from './segment.ts';
import { arrival, AT, paths, refused, taken } from './taking.fixture.ts';

describe('ids', () => {
  it.each([
    ['no messageId', { messageId: undefined }, 'messageId', 'INTAKE.NO_MESSAGE_ID'],
    ['an empty messageId', { messageId: '' }, 'messageId', 'INTAKE.NO_MESSAGE_ID'],
    ['a messageId that is too long', { messageId: 'x'.repeat(101) }, 'messageId', 'INTAKE.TOO_LONG'],
    ['a messageId of another type', { messageId: {} }, 'messageId', 'INTAKE.WRONG_TYPE'],
    ['nobody', { userId: undefined }, '', 'INTAKE.NO_SOURCE'],
    ['a placeholder', { userId: '[object Object]' }, 'userId', 'INTAKE.BAD_ID'],
    ['zeros', { userId: '0000-0000' }, 'userId', 'INTAKE.BAD_ID'],
    ['an id that is too long', { userId: 'x'.repeat(257) }, 'userId', 'INTAKE.TOO_LONG'],
    ['an id of another type', { userId: ['x'] }, 'userId', 'INTAKE.WRONG_TYPE'],
    ['a NUL', { userId: 'a\0b' }, 'userId', 'INTAKE.BAD_TEXT'],
    ['half a surrogate pair', { userId: 'a\ud83d' }, 'userId', 'INTAKE.BAD_TEXT'],
    ['no event name', { event: undefined }, 'event', 'INTAKE.MISSING'],
    ['properties that are a list', { properties: [] }, 'properties', 'INTAKE.WRONG_TYPE'],
    ['a NUL in a property', { properties: { a: ['x\0'] } }, 'properties.a[0]', 'INTAKE.BAD_TEXT'],
    ['a NUL in the context', { context: { app: { name: '\0' } } }, 'context.app.name', 'INTAKE.BAD_TEXT'],
    ['a NUL in a name', { properties: { 'a\0': 1 } }, 'properties.a?', 'INTAKE.BAD_TEXT'],
    ['a number beyond all bounds', { properties: { a: Infinity } }, 'properties.a', 'INTAKE.WRONG_TYPE'],
    ['history without the scope', { historical: true }, 'historical', 'INTAKE.HISTORY_FORBIDDEN'],
  ])('%s is refused', (_, event, path, code) => {
    const refusal = refused({ event: 'X', ...event }, 'track');
    expect(refusal.issues).toEqual([expect.objectContaining({ path, code })]);
    expect(refusal).toMatchObject({ code, message: expect.stringContaining('.') });
  });
  it.each([true, false])('takes no nesting without end, with escapes: %p', (escaped) => {
    const event = { event: 'X', properties: JSON.parse(`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`) as object };
    expect(refused(event, 'track', { escaped }).issues).toEqual([expect.objectContaining({ path: expect.stringMatching(/^properties\.a/), code: 'INTAKE.TOO_DEEP' })]);
  });
  it('looks at what a batch says for all', () => expect(refused({ event: 'X' }, 'track', { context: { locale: 'de\0' } }).issues).toEqual([expect.objectContaining({ path: 'context.locale' })]));
  it('takes numbers as ids', () => expect(taken({ event: 'X', userId: 42, messageId: 7 }, 'track')[0]).toMatchObject({ messageId: '7', sources: [{ kind: 'user', value: '42' }] }));
  it('takes what is no event for none', () => expect(takeSegment([], arrival, 'track')).toMatchObject({ refused: { code: 'INTAKE.NOT_AN_OBJECT' } }));
  it('takes an unknown call for none', () => expect(refused({ type: 'constructor' }).code).toBe('INTAKE.UNKNOWN_TYPE'));
});

describe('when it happened', () => {
  const at = (event: object, how: Partial<Arrival> = {}) => taken({ event: 'X', ...event }, 'track', how)[0]!;
  it('is corrected by the clock of the sender', () => {
    expect(at({ timestamp: '2026-01-31T13:50:00Z', sentAt: '2026-01-31T14:00:00Z' }).occurredAt).toBe(AT - 600_000);
    expect(at({ timestamp: '2026-01-31T13:50:00Z' }, { sentAt: '2026-01-31T14:00:00Z' }).occurredAt).toBe(AT - 600_000);
    expect(at({ timestamp: '2021-01-31T13:50:00Z', sentAt: '2021-01-31T13:51:00Z' })).toMatchObject({ occurredAt: AT - 60_000, historical: false });
  });
  it('is when it was received, for an event that does not say', () => expect(at({ timestamp: undefined }).occurredAt).toBe(AT));
  it.each([['2026-01-31', 12], ['2026-01-31T10:00:00', 2], ['2026-01-31T11:00:00.123456+01:00', 2], ['20260131', -1], ['yesterday', -1], ['2026-02-30T00:00:00Z', -1], [5, -1], ['2026-01-31T25:00:00Z', -1]])('reads %p', (timestamp, hoursAgo) => {
    if (hoursAgo < 0) expect(refused({ event: 'X', timestamp }, 'track').code).toBe('INTAKE.BAD_TIME');
    else expect(Math.round((AT - at({ timestamp }).occurredAt) / 3_600_000)).toBe(hoursAgo);
  });
  it('is no more than a day ahead', () => {
    expect(at({ timestamp: '2026-02-01T11:59:59Z' }).occurredAt).toBe(AT + 86_399_000);
    expect(refused({ event: 'X', timestamp: '2026-02-01T12:00:01Z' }, 'track').code).toBe('INTAKE.FUTURE');
    expect(refused({ event: 'X', timestamp: '9999-12-31T23:59:59Z', sentAt: '1000-01-01T00:00:00Z' }, 'track').code).toBe('INTAKE.FUTURE');
  });
  it('makes history of what is older than thirty days', () => {
    expect(at({ timestamp: '2026-01-02T12:00:00Z' }).historical).toBe(false);
    expect(at({ timestamp: '2025-12-31T12:00:00Z' }).historical).toBe(true);
    expect(refused({ event: 'X', timestamp: '1969-12-31T12:00:00Z' }, 'track').code).toBe('INTAKE.BAD_TIME');
  });
  it('stands as it is in history, and has to', () => {
    expect(at({ historical: true, timestamp: '2010-12-01T08:26:00Z', sentAt: '2026-02-01T12:00:00Z' }, { mayImport: true })).toMatchObject({ historical: true, occurredAt: Date.UTC(2010, 11, 1, 8, 26) });
    expect(paths(refused({ event: 'X', historical: true, timestamp: undefined }, 'track', { mayImport: true }))).toEqual(['timestamp']);
  });
});

describe('the canonical form', () => {
  const canonical = (event: object, how: Partial<Arrival> = {}) => taken({ event: 'X', ...event }, 'track', how)[0]!.canonical;
  it('does not depend on the order of keys, the attempt or the context', () =>
    expect(canonical({ properties: { a: 1, b: { c: 2, d: [1] } }, sentAt: '2026-01-31T12:00:00Z', context: { ip: '1' }, integrations: { All: true } })).toBe(
      canonical({ properties: { b: { d: [1], c: 2 }, a: 1 }, sentAt: '2026-01-31T11:00:00Z' }, { receivedAt: AT + 5_000 })));
  it('never changes between releases: an event may be sent again long after, as imports are', () =>
    expect(canonical({ properties: { b: [true, null, -0, 1.5e-7], a: 'ü"\n' }, anonymousId: 'a' })).toBe('track\0X\x0042\0a\0\0\0\0\x002026-01-31T11:59:00.000Z\0{"a":"ü\\"\\n","b":[true,null,0,1.5e-7]}'));
  it.each([[{ properties: { a: 2 } }], [{ properties: { a: '1' } }], [{ event: 'Y' }], [{ userId: '43' }], [{ anonymousId: 'a' }], [{ timestamp: '2026-01-31T11:59:00.001Z' }]])('depends on %p', (other) =>
    expect(canonical({ properties: { a: 1 }, ...other })).not.toBe(canonical({ properties: { a: 1 } })));
});

describe('a batch', () => {
  it('lends its context to its members', () =>
    expect(taken({ event: 'X', context: { locale: 'fr' } }, 'track', { context: { locale: 'de', timezone: 'Europe/Zurich' } })[0]?.data).toMatchObject({ context: { locale: 'fr', timeZone: 'Europe/Zurich' } }));
});
