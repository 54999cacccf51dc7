import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergerOf, type Projection } from '@touchpoint/kernel';
import { dropRepeats, encodeOrigin, ORIGIN, type LogRecord } from '@touchpoint/log';
import { projections } from '@touchpoint/profile';
import { anyTimeline, fold, FOLDED, type Happened } from '@touchpoint/profile/testing';

type Row = Readonly<Record<string, unknown>>;
/** How a sender puts records on the log: so many, after it has begun anew so far back. */
const sends = fc.array(fc.record({ back: fc.nat(6), length: fc.integer({ min: 1, max: 6 }) }), { minLength: 1, maxLength: 12 });
/** How the readers take them: batches of so many, and whether the partition is lost before the commit, and read by another one from where the last commit left it. */
const batches = fc.array(fc.record({ size: fc.integer({ min: 1, max: 8 }), lost: fc.boolean() }), { minLength: 1, maxLength: 12 });

/** A log on which everything that happened stands at least once, in order, with what was sent again in between. */
const logOf = (timeline: readonly Happened[], plan: readonly { back: number; length: number }[]): readonly LogRecord[] => {
  const seqs: number[] = [];
  for (let sent = 0, turn = 0; sent < timeline.length; turn += 1) {
    const { back, length } = plan[turn % plan.length]!;
    const first = Math.max(1, sent + 1 - back);
    // Whoever begins anew comes further than the last one did.
    sent = Math.min(timeline.length, sent + length);
    for (let seq = first; seq <= sent; seq += 1) seqs.push(seq);
  }
  return seqs.map((seq, offset) => ({ offset, key: 'a customer', timestamp: 0, value: Buffer.alloc(0), headers: { [ORIGIN]: encodeOrigin('sender.1/received/0/1', seq) } }));
};
const seqOf = (record: LogRecord): number => record.headers[ORIGIN]!.readUInt32BE(4);

/** What readers that may lose the partition at any batch have committed when the log is at its end. */
const read = (projection: Projection, timeline: readonly Happened[], log: readonly LogRecord[], plan: readonly { size: number; lost: boolean }[]): ReadonlyMap<string, Row> => {
  const merger = mergerOf(projection.columns);
  const rows = new Map<string, Record<string, unknown>>();
  let seen: ReadonlyMap<string, number> = new Map();
  let losses = 0;
  for (let next = 0, turn = 0; next < log.length; turn += 1) {
    const { size, lost } = plan[turn % plan.length]!;
    const result = dropRepeats(seen, log.slice(next, next + size));
    const parts = fold(projection, result.taken.map((record) => timeline[seqOf(record) - 1]!));
    if (lost && (losses += 1) <= plan.length) continue;
    seen = result.seen;
    next += size;
    for (const [customer, those] of parts)
      for (const part of those) {
        const id = JSON.stringify([customer, Object.keys(projection.key).map((name) => part[name])]);
        const row = rows.get(id) ?? Object.assign(merger.empty() as Record<string, unknown>, keyOf(projection, part));
        rows.set(id, row);
        merger.into(row, part, () => undefined);
      }
  }
  return rows;
};
const keyOf = ({ key }: Projection, row: Row): Row => Object.fromEntries(Object.keys(key).map((name) => [name, row[name]]));

describe.each(projections.map((projection) => [projection.name, projection] as const))('Replay equals live: %s', (_, projection) => {
  const own = Object.keys(projection.on).filter((type) => FOLDED.includes(type as never)) as typeof FOLDED;
  const timeline = anyTimeline(projection.every ? FOLDED : own);
  it('is what one clean reading gives, whatever was sent again, wherever batches end and whoever loses the partition', () =>
    fc.assert(fc.property(timeline, sends, batches, (happened, sent, taken) => {
      const rows = read(projection, happened, logOf(happened, sent), taken);
      const clean = read(projection, happened, logOf(happened, [{ back: 0, length: happened.length + 1 }]), [{ size: happened.length + 1, lost: false }]);
      expect(rows).toEqual(clean);
      expect([...clean.values()].length).toBe([...fold(projection, happened).values()].flat().length);
    }), { numRuns: 100 }));
});
