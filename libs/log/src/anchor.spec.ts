import { describe, expect, it } from '@jest/globals';
import { anchorOf, checkAnchor } from './anchor.ts';
import type { LogReader } from './log-reader.ts';
import type { LogRecord } from './record.ts';

const at = (offset: number, value = 'v', timestamp = 5): LogRecord => ({ offset, key: 'k', timestamp, value: Buffer.from(value), headers: {} });
const reader = (...records: readonly LogRecord[]): LogReader & { asked: number[] } => {
  const asked: number[] = [];
  return { asked, read: (_topic, _partition, offsets) => (asked.push(...offsets), Promise.resolve(records.filter(({ offset }) => offsets.includes(offset)))), close: () => Promise.resolve() };
};

describe('an anchor', () => {
  it('fits the record that it was made of', async () => {
    const log = reader(at(6));
    await checkAnchor(log, 't', 0, { next: 7, anchor: anchorOf(at(6)) });
    expect(log.asked).toEqual([6]);
  });
  it.each([['another value', at(6, 'w')], ['another time', at(6, 'v', 6)]])('does not fit %s', async (_, record) =>
    expect(checkAnchor(reader(record), 't', 3, { next: 7, anchor: anchorOf(at(6)) })).rejects.toMatchObject({ kind: 'LogMismatch', code: 'LOG.RECREATED', message: expect.stringContaining('t/3: offset 6 is not the record') }));
  it.each([[{ next: 0, anchor: null }], [{ next: 9, anchor: null }], [{ next: 0, anchor: 'x' }]])('is not looked for at the begin (%p)', async (checkpoint) => {
    const log = reader();
    await checkAnchor(log, 't', 0, checkpoint);
    expect(log.asked).toEqual([]);
  });
  it('that retention took contradicts nothing', () => checkAnchor(reader(), 't', 0, { next: 7, anchor: 'x' }));
  it('holds nothing of what the record says', () => expect(anchorOf(at(0, 'jane@example.org'))).toMatch(/^5-[0-9a-f]{16}$/));
});
