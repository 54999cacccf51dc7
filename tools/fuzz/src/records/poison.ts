import { decodeMeta, encodeMeta } from '@touchpoint/contracts';
import type { Meta, Random } from '@touchpoint/kernel';
import { META, TRACEPARENT, TYPE, type OutRecord } from '@touchpoint/log';
import { oddText } from '../odd-values.ts';
import { bytesOf } from './data-of.ts';

type Bend = (record: OutRecord, chance: Random) => Partial<Pick<OutRecord, 'value' | 'headers'>>;

/** Numbers that no registry has given out yet, some that none can. */
const SCHEMA_IDS = [0, 0x7fff_fff0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 900_001, 900_002];
const HUGE = 700_000;

const withId = (value: Buffer, id: number): Buffer => {
  const bent = Buffer.from(value);
  if (bent.length >= 5) bent.writeUInt32BE(id, 1);
  return bent;
};
const header = (record: OutRecord, name: string, value: Buffer | undefined): Partial<OutRecord> => {
  const { [name]: _, ...headers } = record.headers;
  return { headers: value === undefined ? headers : { ...headers, [name]: value } };
};
const withMeta = (record: OutRecord, change: Partial<Meta>): Partial<OutRecord> => header(record, META, encodeMeta({ ...decodeMeta(record.headers[META]!), ...change }));

/** What may be wrong with one record. Some of it a reader bears all the same: a type that nobody folds is not decoded. */
const BENDS: readonly Bend[] = [
  ({ value }) => ({ value: Buffer.concat([Buffer.of(1), value.subarray(1)]) }),
  ({ value }, chance) => ({ value: withId(value, chance.one(SCHEMA_IDS)) }),
  ({ value }, chance) => ({ value: withId(value, 1 + chance.below(60)) }),
  ({ value }, chance) => ({ value: value.subarray(0, chance.below(value.length)) }),
  ({ value }) => ({ value: Buffer.concat([value, Buffer.of(0)]) }),
  ({ value }, chance) => {
    const bent = Buffer.from(value);
    for (let i = 0; i < 3; i++) bent[5 + chance.below(Math.max(1, bent.length - 5))] = chance.below(256);
    return { value: bent };
  },
  (_, chance) => ({ value: bytesOf(chance, chance.below(200)) }),
  () => ({ value: Buffer.alloc(0) }),
  ({ value }) => ({ value: Buffer.concat([value.subarray(0, 5), Buffer.alloc(40, 0xff)]) }),
  (record, chance) => header(record, TYPE, chance.one([undefined, Buffer.alloc(0), Buffer.from('OrderCompleted'), Buffer.from('SendMessage'), Buffer.from('CustomerAbsorbed'), Buffer.from('toString'), Buffer.from(oddText(chance)), Buffer.alloc(50_000, 0x41)])),
  (record, chance) => header(record, META, chance.one([undefined, Buffer.alloc(0), Buffer.of(9, 9), bytesOf(chance, 80), Buffer.alloc(90_000, 1), record.headers[META]!.subarray(0, 30), Buffer.concat([Buffer.of(0), record.headers[META]!.subarray(1)])])),
  (record, chance) => withMeta(record, { occurredAt: chance.one([-(2 ** 52), 2 ** 52 - 1, -1, 0, 253_402_300_800_000]), receivedAt: chance.one([-(2 ** 52), 2 ** 52 - 1, 0, 4_102_444_800_000]) }),
  (record, chance) => withMeta(record, { messageId: oddText(chance), publisher: oddText(chance), correlationId: oddText(chance), causationId: oddText(chance) }),
  (record) => withMeta(record, { sources: [] }),
  (record) => withMeta(record, { sources: Array.from({ length: 40 }, (_, i) => ({ kind: 'user' as const, key: i.toString(16).padStart(32, '0') as never, label: null })), link: 'identify' }),
  (record, chance) => header(record, TRACEPARENT, chance.one([Buffer.from('\0'), bytesOf(chance, 55), Buffer.alloc(5_000, 0x30)])),
  (record, chance) => header(record, oddText(chance) || 'x', bytesOf(chance, 20)),
  (record, chance) => (chance.below(60) === 0 ? { value: Buffer.concat([record.value, Buffer.alloc(HUGE)]) } : { value: record.value.subarray(0, 3) }),
  (record, chance) => (chance.below(60) === 0 ? header(record, 'filler', Buffer.alloc(HUGE)) : header(record, 'filler', Buffer.alloc(500))),
];

/** The record with something wrong about it; its key, partition and origin stay. */
export const bent = (record: OutRecord, chance: Random): OutRecord => {
  const changed = { ...record, ...chance.one(BENDS)(record, chance) };
  return chance.below(6) === 0 ? { ...changed, ...chance.one(BENDS.slice(0, 9))(changed, chance) } : changed;
};
