import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Client } from '../pool.ts';
import { copyIn, copyOut } from './copy-streams.ts';

type Submitted = Readonly<{ submit(connection: object): void; handleCopyData(message: object, connection: object): void; handleCopyInResponse(connection: object): void; handleError(error: Error): void; handleReadyForQuery(): void }>;

/** A connection of `pg`, as far as COPY goes. */
const connecting = () => {
  const sent: string[] = [];
  let submitted: Submitted | undefined;
  const stream = new PassThrough();
  const connection = { stream, query: (text: string) => sent.push(text), sendCopyFromChunk: (chunk: Buffer) => sent.push(chunk.toString()), endCopyFrom: () => sent.push('end'), sendCopyFail: (why: string) => sent.push(`fail ${why}`) };
  const client = { query: (query: Submitted) => { (submitted = query).submit(connection); } } as unknown as Client;
  return { client, connection, stream, sent, query: () => submitted! };
};
const row = { chunk: Buffer.alloc(40_000, 'x') };

describe('a copy to a file', () => {
  it('makes Postgres wait while the file is full, and lets it go on', async () => {
    const { client, connection, stream, query } = connecting();
    let written: () => void = () => undefined;
    const slow = new Writable({ highWaterMark: 1, write: (_piece, _encoding, done) => { written = done; } });
    const copied = copyOut(client, 'copy t to stdout', slow);
    query().handleCopyData(row, connection);
    expect(stream.isPaused()).toBe(false);
    query().handleCopyData(row, connection);
    expect(stream.isPaused()).toBe(true);
    const drained = once(slow, 'drain');
    written();
    await drained;
    expect(stream.isPaused()).toBe(false);
    query().handleReadyForQuery();
    await copied;
  });
  it.each([['before', true], ['meanwhile', false]])('reads on where the file is lost %s: else the transaction could never be rolled back', async (_, before) => {
    const { client, connection, stream, query } = connecting();
    const lost = new Writable({ highWaterMark: 1, write: () => undefined });
    const copied = copyOut(client, 'copy t to stdout', lost);
    if (before) lost.destroy();
    if (before) await once(lost, 'close');
    for (let n = 0; n < 2; n += 1) query().handleCopyData(row, connection);
    if (!before) {
      expect(stream.isPaused()).toBe(true);
      lost.destroy();
      await once(lost, 'close');
    }
    expect(stream.isPaused()).toBe(false);
    query().handleReadyForQuery();
    await copied;
  });
});

describe('a copy from a file', () => {
  it('sends all of it, and its end', async () => {
    const { client, connection, sent, query } = connecting();
    const copied = copyIn(client, 'copy t from stdin', (async function* () { yield Buffer.from('a'); yield Buffer.from('b'); })());
    query().handleCopyInResponse(connection);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual(['copy t from stdin', 'a', 'b', 'end']);
    query().handleReadyForQuery();
    await copied;
  });
  it('says that it failed where the file cannot be read, and sends no end', async () => {
    const { client, connection, sent, query } = connecting();
    const copied = copyIn(client, 'copy t from stdin', (async function* () { throw new RangeError('lost'); })());
    query().handleCopyInResponse(connection);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual(['copy t from stdin', 'fail RangeError']);
    query().handleError(new Error('copy failed'));
    await expect(copied).rejects.toThrow('copy failed');
  });
});
