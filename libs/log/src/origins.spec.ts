import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSequencer, dropRepeats } from './origins.ts';
import { decodeOrigin, encodeOrigin, ORIGIN, originName, type LogRecord } from './record.ts';

const named = (name: string): string => originName(name, 1, 't', 0, 1);
const from = (name: string, seq: number, offset = 0): LogRecord => ({ offset, key: 'k', timestamp: 0, value: Buffer.alloc(0), headers: { [ORIGIN]: encodeOrigin(named(name), seq) } });
const seqs = (records: readonly LogRecord[]) => records.map(({ headers }) => decodeOrigin(headers[ORIGIN])!.seq);

describe('One order per customer: a batch of records', () => {
  it('is taken where it goes on and dropped where it repeats', () => {
    const { taken, seen, dropped } = dropRepeats(new Map([[named('a'), 2]]), [from('a', 1), from('a', 3), from('b', 1), from('a', 3), from('a', 4), from('a', 2), from('b', 2)]);
    expect([seqs(taken), [...seen], dropped]).toEqual([[3, 1, 4, 2], [[named('a'), 4], [named('b'), 2]], 3]);
  });
  it('stops loudly where something is missing', () => {
    expect(() => dropRepeats(new Map([[named('a'), 2]]), [from('a', 3), from('a', 7, 9)])).toThrow(expect.objectContaining({ kind: 'LogMismatch', code: 'LOG.SEQ_GAP', message: 'offset 9: a.1/t/0/1 sent 7 after 3: 3 records are missing' }));
    expect(() => dropRepeats(new Map(), [from('a', 2)])).toThrow(expect.objectContaining({ code: 'LOG.SEQ_GAP' }));
  });
  it.each<[string, Record<string, Buffer>]>([
    ['none', {}], ['one without a name', { [ORIGIN]: Buffer.alloc(8) }], ['one beyond all numbers', { [ORIGIN]: Buffer.alloc(20, 0xff) }], ['one that no writer of ours has', { [ORIGIN]: encodeOrigin('someone', 1) }],
    ['one with a zero character', { [ORIGIN]: encodeOrigin('a.1/t\0/0/1', 1) }],
  ])('leaves out what a stranger wrote, between ours and without a stop: it names %s as its origin', (_, headers) => {
    const stranger = { ...from('a', 1, 7), headers };
    const { taken, seen, dropped, strangers } = dropRepeats(new Map([[named('a'), 2]]), [from('a', 3), stranger, from('a', 4), from('a', 4)]);
    expect([seqs(taken), [...seen], dropped, strangers]).toEqual([[3, 4], [[named('a'), 4]], 1, [stranger]]);
  });
  describe('behind a restore', () => {
    const of = (consumer: string, incarnation: number, seq: number): LogRecord => ({ ...from('a', 1), headers: { [ORIGIN]: encodeOrigin(originName(consumer, 1, 't', 0, incarnation), seq) } });
    const names = (records: readonly LogRecord[]) => records.map(({ headers }) => decodeOrigin(headers[ORIGIN])!).map(({ name, seq }) => `${name} ${seq}`);
    it('drops what somebody sends who has not heard of it, in the same batch and in later ones', () => {
      const first = dropRepeats(new Map([['a.1/t/0/1', 4]]), [of('a', 1, 5), of('restore', 3, 1), of('a', 1, 6), of('a', 3, 1), of('b', 2, 1)]);
      expect([names(first.taken), first.dropped]).toEqual([['a.1/t/0/1 5', 'restore.1/t/0/3 1', 'a.1/t/0/3 1'], 2]);
      const later = dropRepeats(first.seen, [of('a', 1, 9), of('a', 3, 2), of('c', 4, 1), of('restore', 2, 1)]);
      expect([names(later.taken), later.dropped]).toEqual([['a.1/t/0/3 2', 'c.1/t/0/4 1'], 2]);
    });
    it('is not ended by a new incarnation alone: only a restore has read what lies before', () => {
      expect(dropRepeats(new Map(), [of('a', 2, 1), of('a', 1, 1)]).dropped).toBe(0);
    });
  });
  it('leaves the counters it was given as they were: a batch that fails is judged again', () => {
    const seen = new Map([[named('a'), 2]]);
    dropRepeats(seen, [from('a', 3)]);
    expect([...seen]).toEqual([[named('a'), 2]]);
  });

  /** What a sender may put on a partition: its records in order, each send again from any earlier point, as zombies and retries do. */
  const sends = fc.array(fc.record({ origin: fc.constantFrom('a', 'b', 'c'), back: fc.nat(6), length: fc.integer({ min: 1, max: 5 }) }), { maxLength: 30 });
  it('gives each origin its records once and in order, however often they are sent and wherever batches end', () =>
    fc.assert(
      fc.property(sends, fc.array(fc.integer({ min: 1, max: 7 })), (plan, cuts) => {
        const sent = new Map<string, number>();
        const log = plan.flatMap(({ origin, back, length }) => {
          const first = Math.max(1, (sent.get(origin) ?? 0) + 1 - back);
          sent.set(origin, Math.max(sent.get(origin) ?? 0, first + length - 1));
          return Array.from({ length }, (_, i) => from(origin, first + i));
        });
        const taken: LogRecord[] = [];
        let seen: ReadonlyMap<string, number> = new Map();
        let droppedInAll = 0;
        for (let at = 0, batch = 0; at < log.length; batch += 1) {
          const next = at + (cuts[batch % Math.max(cuts.length, 1)] ?? 3);
          const result = dropRepeats(seen, log.slice(at, next));
          taken.push(...result.taken);
          seen = result.seen;
          droppedInAll += result.dropped;
          at = next;
        }
        for (const [origin, last] of sent) expect(seqs(taken.filter(({ headers }) => decodeOrigin(headers[ORIGIN])!.name === named(origin)))).toEqual(Array.from({ length: last }, (_, i) => i + 1));
        expect(taken.length + droppedInAll).toBe(log.length);
      }),
    ));
});

describe('a sequencer', () => {
  it('counts per target partition, on from where it was, and leaves what it was given', () => {
    const sent = new Map([['t/0', 5]]);
    const { next, counters } = createSequencer(sent);
    expect([next('t', 0), next('t', 1), next('t', 0), next('u', 0)]).toEqual([6, 1, 7, 1]);
    expect([[...counters], [...sent]]).toEqual([[['t/0', 7], ['t/1', 1], ['u/0', 1]], [['t/0', 5]]]);
  });
});

describe('an origin', () => {
  it('is read as it was written', () =>
    fc.assert(fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme-ascii' }), (seq, name) => expect(decodeOrigin(encodeOrigin(name, seq))).toEqual({ seq, name }))));
  it('is told apart by everything that begins a count anew', () => {
    const names = [originName('c', 1, 't', 0, 1), originName('c', 2, 't', 0, 1), originName('d', 1, 't', 0, 1), originName('c', 1, 'u', 0, 1), originName('c', 1, 't', 1, 1), originName('c', 1, 't', 0, 2)];
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toBe('c.1/t/0/1');
  });
  it.each([[undefined], [Buffer.alloc(0)], [Buffer.alloc(8)], [Buffer.alloc(12, 0xff)]])('of another making is none (%p)', (header) => expect(decodeOrigin(header)).toBeUndefined());
});
