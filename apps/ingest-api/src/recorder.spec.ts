import { describe, expect, it } from '@jest/globals';
import { createSecretKey } from 'node:crypto';
import { catalog, decodeMeta, encode } from '@touchpoint/contracts';
import { noTracing } from '@touchpoint/host';
import { takeSegment, type Arrival } from '@touchpoint/intake';
import { transient, type Sealed, type SourceKey } from '@touchpoint/kernel';
import { META, type OutRecord } from '@touchpoint/log';
import { createSourceKeys, type DataKey } from '@touchpoint/vault';
import { KnownSources } from './known-sources.ts';
import { LabelledSources } from './labelled-sources.ts';
import { Recorder, type Event, type RecorderPorts } from './recorder.ts';

const AT = Date.UTC(2026, 0, 31);
const arrival: Arrival = { receivedAt: AT, mayImport: true, escaped: false };
const reception = { caller: { keyId: 'k', name: 'shop', scopes: ['events:write' as const], limits: { maxEventBytes: null, maxBatchBytes: null } }, receivedAt: AT, correlationId: null };
let number = 0;
const event = (more: object = {}): Event => {
  const intake = takeSegment({ type: 'track', event: 'X', messageId: `m${++number}`, userId: 'u', ...more }, arrival);
  if ('refused' in intake) throw new Error(intake.refused.message);
  return { records: intake.taken, traceparent: undefined };
};

const setUp = (ports: Partial<RecorderPorts> = {}) => {
  const asked: SourceKey[][] = [];
  const appended: (readonly OutRecord[])[] = [];
  const recorder = new Recorder({
    topic: 'received', limitMs: 60_000, tracing: noTracing, observeAppend: () => undefined, digest: () => 'd'.repeat(32),
    sources: new KnownSources(createSourceKeys(Buffer.alloc(32)), 12, 100, new LabelledSources(64)),
    keys: {
      keysFor: async (keys) => {
        asked.push([...keys]);
        return new Map([...asked.at(-1)!].map((sourceKey, i): [SourceKey, DataKey] => [sourceKey, { id: i + 1, sourceKey, key: createSecretKey(Buffer.alloc(32)) }]));
      },
    },
    seal: ({ sourceKey }, clear) => Buffer.from(`${sourceKey.slice(0, 4)} ${clear.toUpperCase()}`) as Uint8Array as Sealed,
    writer: { write: (name, data) => encode(name, data) },
    appender: { append: async (records) => void appended.push(records) },
    ...ports,
  });
  return { recorder, asked, appended };
};
const USER = createSourceKeys(Buffer.alloc(32)).keyOf('user', 'u');
const labelsOf = (records: readonly OutRecord[]) => records.map(({ headers }) => decodeMeta(headers[META]!).sources.map(({ label }) => label && Buffer.from(label).toString().slice(5)));

describe('a recorder', () => {
  it('asks for all keys of a batch at once, and for none when it needs none', async () => {
    const { recorder, asked } = setUp();
    await recorder.record([event(), event({ userId: 'v' }), event({ properties: { email: 'x' } })], reception);
    expect(asked.map((keys) => keys.length)).toEqual([2]);
    await recorder.record([event(), event({ userId: 'v' })], reception);
    expect(asked).toHaveLength(1);
    await recorder.record([event({ userId: 'v', properties: { email: 'x' } })], reception);
    expect(asked.map((keys) => keys.length)).toEqual([2, 1]);
  });
  it('labels a source once a batch, and again until it was acknowledged', async () => {
    let gone = true;
    const seen: (readonly OutRecord[])[] = [];
    const { recorder } = setUp({ appender: { append: async (records) => {
      seen.push(records);
      if (gone) throw transient('LOG.UNAVAILABLE', 'gone');
    } } });
    await expect(recorder.record([event(), event()], reception)).rejects.toMatchObject({ code: 'LOG.UNAVAILABLE' });
    gone = false;
    await recorder.record([event(), event()], reception);
    await recorder.record([event()], reception);
    expect(seen.map(labelsOf)).toEqual([[['U'], [null]], [['U'], [null]], [[null]]]);
  });
  it('labels what an event links, however often it was labelled before', async () => {
    const { recorder, appended } = setUp();
    const links = () => event({ type: 'identify', event: undefined, anonymousId: 'a' });
    await recorder.record([event(), links()], reception);
    await recorder.record([links(), event()], reception);
    expect(appended.map(labelsOf)).toEqual([[['U'], ['U', null]], [['U', null], [null]]]);
  });
  it.each([
    ['traits', { type: 'identify', event: undefined, anonymousId: 'a', traits: { email: 'ada@example.com', firstName: 'Ada', plan: 'gold' } }],
    ['properties', { properties: { email: 'ada@example.com', size: 7 } }],
  ])('keeps nothing personal of an event whose own source was erased: neither its %s nor anybody\'s label', async (_, more) => {
    const { recorder, appended } = setUp({ keys: { keysFor: async (keys) => new Map([...keys].filter((key) => key !== USER).map((sourceKey, i): [SourceKey, DataKey] => [sourceKey, { id: i + 1, sourceKey, key: createSecretKey(Buffer.alloc(32)) }])) } });
    await recorder.record([event(more)], reception);
    const [record] = appended[0]!;
    expect(labelsOf(appended[0]!)[0]!.every((label) => label === null)).toBe(true);
    expect(`${record!.value.toString('latin1')}${record!.headers[META]!.toString('latin1')}`).not.toMatch(/ada|firstname/i);
    expect(record!.value.toString('latin1')).toMatch(/plan|size/);
  });
  it('keeps what is personal, and leaves out the label alone, where another source of the event was erased', async () => {
    const { recorder, appended } = setUp({ keys: { keysFor: async (keys) => new Map([...keys].filter((key) => key === USER).map((sourceKey, i): [SourceKey, DataKey] => [sourceKey, { id: i + 1, sourceKey, key: createSecretKey(Buffer.alloc(32)) }])) } });
    await recorder.record([event({ type: 'identify', event: undefined, traits: { email: 'ada@example.com' } })], reception);
    expect(labelsOf(appended[0]!)).toEqual([['U', null]]);
    expect(appended[0]![0]!.value.toString('latin1')).toContain('ADA@EXAMPLE.COM');
  });
  it('can leave out every personal field there is: each may be null, or is in an item of a list of nothing else', () => {
    for (const { name, context, pii, schema } of Object.values(catalog))
      if (context === 'touchpoint') for (const path of pii) {
        const field = (schema['fields'] as readonly { name: string; type: unknown }[]).find(({ name: own }) => own === path.split(/\W/)[0])!;
        expect([name, path, path.includes('[]') || (Array.isArray(field.type) && field.type.includes('null'))]).toEqual([name, path, true]);
      }
  });
  it('names no stranger: an anonymous id or a device has no label', async () => {
    const { recorder, appended, asked } = setUp();
    await recorder.record([event({ userId: undefined, anonymousId: 'a' })], reception);
    expect(labelsOf(appended[0]!)).toEqual([[null]]);
    expect(asked).toEqual([]);
  });
  it('seals under the key of the primary source', async () => {
    const { recorder, appended } = setUp();
    await recorder.record([event({ type: 'identify', traits: { email: 'a@b.example', firstName: 'anna' } })], reception);
    const [record] = appended[0]!;
    const body = record!.value.toString('latin1');
    expect(body).toContain(`${record!.key.slice(0, 4)} A@B.EXAMPLE`);
    expect(body).toContain(`${record!.key.slice(0, 4)} "ANNA"`);
    expect(body).not.toContain('anna');
  });
  it('leaves out what is too large for the log, with all that was derived from it, and writes the rest', async () => {
    const { recorder, appended } = setUp();
    const tooLarge = event({ event: 'Application Opened', properties: { a: 'x'.repeat(950_000) }, context: { device: { id: 'd', token: 't', type: 'ios' } } });
    expect(tooLarge.records).toHaveLength(2);
    expect(await recorder.record([event(), tooLarge, event()], reception)).toEqual(new Set([1]));
    expect(appended[0]).toHaveLength(2);
  });
  it('labels a source again whose label was on what was too large', async () => {
    const { recorder, appended } = setUp();
    await recorder.record([event({ properties: { a: 'x'.repeat(950_000) } }), event()], reception);
    await recorder.record([event()], reception);
    expect(appended.map(labelsOf)).toEqual([[[null]], [['U']]]);
  });
  it('makes at once what needs no key, and appends all in the order of the batch', async () => {
    let give = (): void => undefined;
    const asked = new Promise<void>((resolve) => (give = resolve));
    const written: string[] = [];
    const { recorder, appended } = setUp({
      writer: { write: (name, data) => (written.push(name), encode(name, data)) },
      keys: { keysFor: async (keys) => asked.then(() => new Map([...keys].map((sourceKey): [SourceKey, DataKey] => [sourceKey, { id: 1, sourceKey, key: createSecretKey(Buffer.alloc(32)) }]))) },
    });
    const anonymous = { userId: undefined, anonymousId: 'a' };
    const events = [event(anonymous), event({ type: 'identify', anonymousId: 'a' }), event({ ...anonymous, event: 'Application Opened' })];
    const recorded = recorder.record(events, reception);
    expect(written).toEqual(['Tracked', 'ApplicationOpened']);
    expect(appended).toEqual([]);
    give();
    await recorded;
    expect(appended[0]!.map(({ headers }) => decodeMeta(headers[META]!).messageId)).toEqual(events.map(({ records }) => records[0]!.messageId));
  });
  it('waits for the log no longer than it may', async () => {
    const { recorder } = setUp({ limitMs: 1, appender: { append: () => new Promise(() => undefined) } });
    await expect(recorder.record([event({ userId: undefined, anonymousId: 'a' })], reception)).rejects.toMatchObject({ kind: 'Transient', code: 'LOG.UNAVAILABLE' });
  });
  it('waits for keys no longer than it may, and then writes nothing', async () => {
    const { recorder, appended } = setUp({ limitMs: 1, keys: { keysFor: () => new Promise(() => undefined) } });
    await expect(recorder.record([event()], reception)).rejects.toMatchObject({ kind: 'Transient', code: 'VAULT.SLOW' });
    expect(appended).toEqual([]);
  });
});
