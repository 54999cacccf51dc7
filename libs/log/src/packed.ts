import avro from 'avsc';
import { recordBytes, type OutRecord } from './record.ts';

const type = avro.Type.forSchema({
  type: 'array',
  items: {
    type: 'record',
    name: 'OutRecord',
    fields: [
      { name: 'topic', type: 'string' },
      { name: 'partition', type: 'int' },
      { name: 'key', type: 'string' },
      { name: 'value', type: 'bytes' },
      { name: 'headers', type: { type: 'map', values: 'bytes' } },
    ],
  },
});

const VERSION = 1;

/** Records as one value for a database row: a version byte, then Avro. */
export const packRecords = (records: readonly OutRecord[]): Buffer => {
  // Written once, into room enough: avsc itself would write a small kilobyte, find it too small, write again and be copied behind the version.
  for (let room = records.reduce((bytes, record) => bytes + recordBytes(record) + record.topic.length * 3, 16); ; room *= 2) {
    const packed = Buffer.allocUnsafe(room);
    packed[0] = VERSION;
    const end = type.encode(records, packed, 1);
    if (end >= 0) return packed.subarray(0, end);
  }
};

/** @throws Error for a version that this build does not know. */
export const unpackRecords = (packed: Buffer): readonly OutRecord[] => {
  if (packed[0] !== VERSION) throw new Error(`packed records of version ${packed[0]}; this build reads ${VERSION}`);
  return type.fromBuffer(packed.subarray(1)) as OutRecord[];
};
