import { describe, expect, it } from '@jest/globals';
import { encodeMeta } from '@touchpoint/contracts';
import type { Meta, SourceKey } from '@touchpoint/kernel';
import { encodeOrigin, META, ORIGIN, originName, TYPE, type LogRecord } from '@touchpoint/log';
import { Findings, findIn } from './findings.ts';
import { Halves } from './halves.ts';

const [A, B] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];
const SOURCE = '1'.repeat(32) as SourceKey;
const EMAIL = '2'.repeat(32) as SourceKey;
const metaOf = (messageId: string, more: Partial<Meta> = {}): Meta => ({
  messageId, publisher: 'shop', occurredAt: 5, receivedAt: 6, historical: false, sources: [{ kind: 'user', key: SOURCE, label: null }], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null, ...more,
});
type From = 'identity-resolver' | 'channel-orchestrator' | 'publishing' | 'restore' | 'spec';
let seq = 0;
const record = (from: From, type: string, key: string, data: object, meta: Meta = metaOf(`${type}-${key}`)): LogRecord => ({
  offset: 1, key, timestamp: Date.parse('2026-01-02T00:00:00Z'), value: Buffer.from(JSON.stringify(data)),
  headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin(originName(from, 1, 't', 0, 1), (seq += 1)) },
});
const fact = (type: string, key: string, data: object, id: string, from: From = 'identity-resolver') => record(from, type, key, data, metaOf(id, { publisher: 'identity-resolver', causationId: 'cause' }));
const found = (records: readonly LogRecord[], known = false) => {
  const [into, halves] = [new Findings(), new Halves()];
  for (const one of records) findIn(one, 0, into, halves, { known: () => known, read: (_, value) => JSON.parse(value.toString()) as unknown });
  return { ...into, missing: halves.missing, customers: [...halves.customers].sort() };
};
const merged = fact('CustomerMerged', A, { customerId: A, absorbedId: B, by: 'alias' }, 'm');
const absorbed = fact('CustomerAbsorbed', B, { customerId: B, survivorId: A, by: 'alias' }, 'a');
const NOTHING = { eventIds: [], links: [], places: [], named: [], erased: [], sets: [], ids: [], records: 0, missing: [], customers: [] };

describe('what a restore takes over from the timeline', () => {
  it('is nothing of what the database knows, and nothing that others wrote', () => {
    expect(found([record('identity-resolver', 'Tracked', A, {}), merged], true)).toEqual(NOTHING);
    expect(found([record('spec', 'Tracked', A, {})])).toEqual(NOTHING);
  });
  it('is of an event its id, and the sources under whose keys something of its customer may lie', () => {
    const { eventIds, named } = found([record('identity-resolver', 'Tracked', A, {}, metaOf('m1', { sources: [{ kind: 'device', key: SOURCE, label: null }, { kind: 'email', key: EMAIL, label: null }, { kind: 'anonymous', key: SOURCE, label: null }] }))]);
    expect([eventIds, named]).toEqual([[{ id: expect.any(String), digest: '0'.repeat(32), day: '2026-01-02' }], [{ customerId: A, key: SOURCE }, { customerId: A, key: EMAIL }]]);
  });
  it('is of a fact of the orchestrator its id alone', () => {
    expect(found([record('channel-orchestrator', 'MessageDecided', A, {}, metaOf('f1')), record('channel-orchestrator', 'TimerFired', A, {}, metaOf('t1'))])).toMatchObject({ ids: ['f1', 't1'], eventIds: [], named: [] });
  });
  it('is of an erasure that it is to be done once more, and said by nobody', () => {
    const { ids, erased, eventIds } = found([fact('CustomerErased', A, {}, 'e1'), record('identity-resolver', 'ErasureRequested', A, {}, metaOf('r1'))]);
    expect([ids, erased, eventIds]).toEqual([[expect.stringMatching(/^[0-9a-f]{32}$/)], [A], []]);
  });
  it('is whose a source is, and where it came from', () => {
    expect(found([fact('IdentitiesLinked', A, { by: 'identify', linked: [{ kind: 'user', key: SOURCE, movedFrom: B }] }, 'l1')]).links).toEqual([{ key: SOURCE, kind: 'user', customerId: A, movedFrom: B, since: 5, by: 'identify' }]);
  });
  it('is a published set, with the record itself', () => {
    expect(found([record('publishing', 'JourneysPublished', 'control', { setNumber: 3 }, metaOf('p3'))]).sets).toEqual([expect.objectContaining({ messageId: 'p3', data: { setNumber: 3 }, partition: 0 })]);
  });
});

describe('a merge of which both halves were sent', () => {
  it.each([['absorbed first', [absorbed, merged]], ['merged first', [merged, absorbed]]])('misses nothing: %s', (_, records) => {
    expect(found(records)).toMatchObject({ places: [{ customerId: B, survivorId: A }], missing: [], customers: [A, B] });
  });
});

describe('a merge of which one half was sent', () => {
  it('is made whole on the timeline that it did not reach', () => {
    const [half] = found([merged]).missing;
    expect(half).toMatchObject({ type: 'CustomerAbsorbed', timeline: B, data: { customerId: B, survivorId: A, by: 'alias' }, place: { customerId: B, survivorId: A }, meta: { causationId: 'cause', publisher: 'identity-resolver' } });
    expect(found([absorbed]).missing).toEqual([expect.objectContaining({ type: 'CustomerMerged', timeline: A, data: { customerId: A, absorbedId: B, by: 'alias' } })]);
    expect(half!.meta.messageId).not.toBe('m');
  });
  it('is made whole once: a restore that is begun anew finds what it has sent', () => {
    const [half] = found([merged]).missing;
    const completed = record('restore', 'CustomerAbsorbed', B, half!.data, half!.meta);
    expect(found([merged, completed]).missing).toEqual([]);
    expect(found([completed, merged]).missing).toEqual([]);
  });
  it('is not taken for the other half of another cause', () => {
    const other = record('identity-resolver', 'CustomerAbsorbed', B, { customerId: B, survivorId: A, by: 'alias' }, metaOf('a2', { causationId: 'another' }));
    expect(found([merged, other]).missing).toHaveLength(2);
  });
});

describe('a split', () => {
  const data = { customerId: A, memberId: B, sources: [], requestedBy: 'sre', reason: null };
  const [ofMember, ofRoot] = [fact('CustomerSplit', B, data, 's1'), fact('CustomerSplit', A, data, 's2')];
  it('is what the member\'s own timeline says', () => {
    expect(found([ofRoot, ofMember])).toMatchObject({ places: [{ customerId: B, survivorId: null }], missing: [] });
  });
  it.each([['the member', ofMember, A], ['the root', ofRoot, B]])('that was told to %s alone is told to the other', (_, half, timeline) => {
    expect(found([half]).missing).toEqual([expect.objectContaining({ type: 'CustomerSplit', timeline, data, place: { customerId: B, survivorId: null } })]);
  });
});
