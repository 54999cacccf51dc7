import { describe, expect, it } from '@jest/globals';
import { encodeMeta } from '@touchpoint/contracts';
import type { Meta, Source, SourceKey } from '@touchpoint/kernel';
import { MAX_RECEIVED_BYTES, META, TYPE, type LogRecord } from '@touchpoint/log';
import { candidateOf, MOST_META_BYTES, MOST_SOURCES, stepOf, type Candidate } from './candidate.ts';

const sources = (count: number): readonly Source[] => Array.from({ length: count }, (_, i) => ({ kind: 'anonymous', key: i.toString(16).padStart(32, '0') as SourceKey, label: null }));
const meta = (over: Partial<Meta> = {}): Meta => ({
  messageId: 'm', publisher: 'shop', occurredAt: 1, receivedAt: 1, historical: false, sources: sources(1), link: 'identify', digest: '0'.repeat(32), correlationId: null, causationId: null, ...over,
});
const record = (headers: LogRecord['headers'], bytes = 5): LogRecord => ({ offset: 5, key: sources(1)[0]!.key, timestamp: 1, value: Buffer.alloc(bytes), headers });
const of = (over: Partial<Meta> = {}, bytes = 5) => candidateOf(record({ [META]: encodeMeta(meta(over)), [TYPE]: Buffer.from('TraitsSet') }, bytes));

describe('a received record', () => {
  it('is an event of its sources', () => expect(of({ sources: sources(MOST_SOURCES) }).event?.sources).toHaveLength(MOST_SOURCES));
  it.each<[string, () => ReturnType<typeof of>, string]>([
    ['without meta', () => candidateOf(record({ [TYPE]: Buffer.from('TraitsSet') })), 'LOG.NO_META'],
    ['without type', () => candidateOf(record({ [META]: encodeMeta(meta()) })), 'LOG.NO_META'],
    ['without a source', () => of({ sources: [] }), 'IDENTITY.NO_SOURCE'],
    ['that asks for a split of nobody', () => candidateOf({ ...record({ [META]: encodeMeta(meta()), [TYPE]: Buffer.from('SplitRequested') }) }), 'IDENTITY.NO_CUSTOMER'],
    ['under another key than its source\'s', () => candidateOf({ ...record({ [META]: encodeMeta(meta()), [TYPE]: Buffer.from('TraitsSet') }), key: 'k' }), 'LOG.WRONG_KEY'],
    ['that the timeline would not take', () => of({}, MAX_RECEIVED_BYTES), 'LOG.TOO_LARGE'],
    ['that ties more sources than a fact may name', () => of({ sources: sources(MOST_SOURCES + 1) }), 'IDENTITY.TOO_MANY_SOURCES'],
    ['whose meta is more than a fact may bear', () => of({ correlationId: 'x'.repeat(MOST_META_BYTES) }), 'LOG.TOO_LARGE'],
  ])('%s is none, and says why', (_, candidate, code) => expect(candidate().error).toMatchObject({ kind: 'InvalidMessage', code }));
});

describe('a step', () => {
  const steps = (text: string) => {
    const all = [...text].map((one, n) => ({ record: { offset: n }, ...(one === 's' && { splits: 'x' }), ...(one === 'e' && { erases: 'x' }) }) as unknown as Candidate);
    const taken: string[] = [];
    for (let from = 0; from < all.length; from += taken.at(-1)!.length) taken.push(text.slice(from, from + stepOf(all.slice(from)).length));
    return taken;
  };
  it.each([['', []], ['...', ['...']], ['s', ['s']], ['.s.', ['.', 's', '.']], ['ss..', ['s', 's', '..']], ['..es', ['..', 'e', 's']]])('of %j: %j', (text, taken) => expect(steps(text)).toEqual(taken));
});
