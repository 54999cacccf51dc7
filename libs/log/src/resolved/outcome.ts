import avro from 'avsc';
import { packRecords, unpackRecords } from '../packed.ts';
import type { OutRecord } from '../record.ts';

/**
 * What became of a batch, as the one row that is written for it: enough to send it once more after a crash, without the bodies, which lie on
 * `touchpoints.received`. `customers[i]` says whose record `first + i` is: an index into `customerIds`, or NOTHING for a repeat or a parked one.
 */
export type Outcome = Readonly<{
  /** What it is sent as, whatever release comes to send it: only so is what was sent already known again. */
  origin: string;
  first: number;
  customerIds: readonly string[];
  customers: Int32Array;
  /**
   * Records that stand here whole, each sent before the received one at its index, those with a higher index at the end: facts, and redriven events, whose
   * bodies may have left the received topic. Their headers have no origin yet.
   */
  facts: readonly Readonly<{ before: number; record: OutRecord }>[];
  /** The seq counters before this batch: sent again, every record gets the seq it had. */
  sentBefore: Readonly<Record<string, number>>;
}>;

export const NOTHING = -1;

const type = avro.Type.forSchema({
  type: 'record',
  name: 'Outcome',
  fields: [
    { name: 'origin', type: 'string' },
    { name: 'first', type: 'long' },
    { name: 'customerIds', type: { type: 'array', items: 'string' } },
    { name: 'customers', type: 'bytes' },
    { name: 'before', type: { type: 'array', items: 'int' } },
    { name: 'facts', type: 'bytes' },
    { name: 'sentBefore', type: { type: 'map', values: 'long' } },
  ],
});

const VERSION = 3;

/** `customers` is written as the integers lie in memory (all machines that Node runs on are little-endian): there is one for each event. */
export const packOutcome = ({ facts, customers, ...outcome }: Outcome): Buffer =>
  Buffer.concat([
    Buffer.of(VERSION),
    type.toBuffer({
      ...outcome,
      customers: Buffer.from(customers.buffer, customers.byteOffset, customers.byteLength),
      before: facts.map(({ before }) => before),
      facts: packRecords(facts.map(({ record }) => record)),
    }),
  ]);

/** @throws Error for a version that this build does not know. */
export const unpackOutcome = (packed: Buffer): Outcome => {
  if (packed[0] !== VERSION) throw new Error(`an outcome of version ${packed[0]}; this build reads ${VERSION}`);
  const { before, facts, customers, ...outcome } = type.fromBuffer(packed.subarray(1)) as Omit<Outcome, 'facts' | 'customers'> & { before: number[]; facts: Buffer; customers: Buffer };
  return {
    ...outcome,
    customers: new Int32Array(new Uint8Array(customers).buffer),
    facts: unpackRecords(facts).map((record, i) => ({ before: before[i]!, record })),
  };
};
