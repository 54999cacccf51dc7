import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { decodeMeta, encode } from '@touchpoint/contracts';
import { partitionOf, random } from '@touchpoint/kernel';
import { decodeOrigin, dropRepeats, frame, META, ORIGIN, recordBytes, TYPE, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { createRequests } from './http/requests.ts';
import { createRecords } from './records/records.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const KEYS = { write: 'tp_w_x', import: 'tp_i_x', read: 'tp_r_x' };
const PARTITIONS = 4;
const writer: MessageWriter = { write: (name, data) => frame(1, encode(name, data)) };

const requests = (seed: number, count: number) => {
  const { next } = createRequests(random(seed), KEYS, 'f', () => NOW);
  return Array.from({ length: count }, next);
};
const records = (seed: number, count: number): readonly OutRecord[] => {
  const { next } = createRecords({ seed, chance: random(seed), prefix: '', partitions: PARTITIONS, writers: { received: writer, timeline: writer, commands: writer }, now: () => NOW });
  return Array.from({ length: count }, next);
};
const digest = (bytes: readonly Buffer[]): string => createHash('sha256').update(Buffer.concat(bytes)).digest('hex');
const readable = ({ headers }: OutRecord): boolean => {
  try {
    return decodeMeta(headers[META]!) !== undefined && headers[TYPE] !== undefined;
  } catch {
    return false;
  }
};

describe('generated requests', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(digest(requests(1, 100).map(({ body }) => body))).toBe(digest(requests(1, 100).map(({ body }) => body)));
    expect(digest(requests(2, 100).map(({ body }) => body))).not.toBe(digest(requests(1, 100).map(({ body }) => body)));
  });
  it('go to every route, packed and plain, with and without a valid key, and most of what they hold are events', () => {
    const all = requests(1, 1_000);
    for (const route of ['identify', 'track', 'page', 'screen', 'group', 'alias', 'batch', 'b', 'import', 'cloudevents']) expect(all.some(({ path }) => path === `/v1/${route}`)).toBe(true);
    for (const type of ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json', 'text/plain']) expect(all.some(({ headers }) => headers['content-type'] === type)).toBe(true);
    expect(all.some(({ headers }) => Object.hasOwn(headers, 'ce-id'))).toBe(true);
    expect(all.filter(({ headers }) => headers['content-encoding'] === 'gzip').length).toBeGreaterThan(100);
    expect(all.some(({ headers }) => headers['authorization'] === 'Bearer tp_x_y')).toBe(true);
    const inputs = all.reduce((sum, { inputs: of }) => sum + of, 0);
    expect(all.flatMap(({ ids }) => ids).filter((id) => id !== undefined).length).toBeGreaterThan(inputs * 0.8);
  });
});

describe('generated records', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(digest(records(1, 500).map(({ value }) => value))).toBe(digest(records(1, 500).map(({ value }) => value)));
    expect(digest(records(2, 500).map(({ value }) => value))).not.toBe(digest(records(1, 500).map(({ value }) => value)));
  });
  it('are such that a log takes them, and ask no reader of the timeline for a stop: no number is missing', () => {
    const all = records(3, 6_000);
    expect(Math.max(...all.map(recordBytes))).toBeLessThanOrEqual(900_000);
    for (const partition of [0, 1, 2, 3]) {
      const there = all.filter((record) => record.topic === 'customers.timeline' && record.partition === partition).map((record, offset) => ({ ...record, offset, timestamp: NOW }));
      const { taken, dropped, strangers } = dropRepeats(new Map(), there);
      expect([taken.length > 300, dropped > 10, strangers.length > 10]).toEqual([true, true, true]);
    }
  });
  it('are of all sorts', () => {
    const all = records(4, 6_000);
    const some = (what: (record: OutRecord) => boolean) => all.filter(what).length;
    for (const topic of ['touchpoints.received', 'customers.timeline', 'delivery.commands', 'delivery.commands.urgent']) expect(some((record) => record.topic === topic)).toBeGreaterThan(100);
    expect(some(readable)).toBeGreaterThan(all.length / 2);
    expect(some((record) => !readable(record))).toBeGreaterThan(30);
    expect(some(({ headers }) => headers[TYPE] === undefined)).toBeGreaterThan(0);
    expect(some(({ value }) => value[0] === 1)).toBeGreaterThan(5);
    expect(some(({ value }) => value.length >= 5 && value.readUInt32BE(1) > 0x7fff_ffff)).toBeGreaterThan(5);
    expect(some(({ key, partition }) => partitionOf(key, PARTITIONS) !== partition)).toBeGreaterThan(100);
    expect(some((record) => record.topic === 'customers.timeline' && decodeOrigin(record.headers[ORIGIN]) === undefined)).toBeGreaterThan(50);
    expect(Math.max(...all.map(recordBytes))).toBeGreaterThan(40_000);
  });
  it('are of so few bad customers that no reader takes them for a bad release', () => {
    const bad = new Map<string, Set<string>>();
    for (const record of records(5, 6_000)) if (!readable(record)) bad.set(`${record.topic}/${record.partition}`, (bad.get(`${record.topic}/${record.partition}`) ?? new Set()).add(record.key));
    expect(Math.max(...[...bad.values()].map(({ size }) => size))).toBeLessThan(20);
  });
});
