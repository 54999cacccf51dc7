import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Client } from '../pool.ts';

/** What `pg` has of a connection: its own types know nothing of COPY. */
type Connection = Readonly<{ stream: Writable & Readable; query(text: string): void; sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void; sendCopyFail(why: string): void }>;
type Done = (error?: Error | null) => void;

/** Rows come one by one: they are written in pieces of about so many bytes. */
const PIECE_BYTES = 64 * 1024;

/** Runs a COPY to whoever takes its bytes; where that is full, Postgres waits. */
class CopyOut {
  readonly callback: Done;
  readonly #text: string;
  readonly #to: Writable;
  #rows: Buffer[] = [];
  #bytes = 0;

  constructor(text: string, to: Writable, callback: Done) {
    [this.#text, this.#to, this.callback] = [text, to, callback];
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleCopyData({ chunk }: Readonly<{ chunk: Buffer }>, { stream }: Connection): void {
    // What the parser gives is overwritten by what it reads next.
    this.#rows.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    if (this.#bytes < PIECE_BYTES || this.#flush()) return;
    stream.pause();
    for (const event of ['drain', 'close']) this.#to.once(event, () => stream.resume());
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.#flush();
    this.callback();
  }

  #flush(): boolean {
    const piece = Buffer.concat(this.#rows);
    [this.#rows, this.#bytes] = [[], 0];
    // Nobody waits for what can be written no more: it is read to its end, which the transaction needs to be rolled back.
    return piece.length === 0 || this.#to.destroyed || this.#to.write(piece);
  }
}

/** Runs a COPY from whoever gives its bytes, as fast as Postgres takes them. */
class CopyIn {
  readonly callback: Done;
  readonly #text: string;
  readonly #from: AsyncIterable<Buffer>;
  #failed = false;

  constructor(text: string, from: AsyncIterable<Buffer>, callback: Done) {
    [this.#text, this.#from, this.callback] = [text, from, callback];
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleCopyInResponse(connection: Connection): void {
    this.#send(connection).catch((error: unknown) => connection.sendCopyFail(error instanceof Error ? error.name : 'failed'));
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.#failed = true;
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback();
  }

  async #send(connection: Connection): Promise<void> {
    for await (const chunk of this.#from) {
      if (this.#failed) return;
      connection.sendCopyFromChunk(chunk);
      if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
    }
    connection.endCopyFrom();
  }
}

const copying = (client: Client, copy: (done: Done) => object): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    client.query(copy((error) => (error ? reject(error) : resolve())) as never);
  });

/** Writes what a `copy … to stdout` gives, and leaves the stream open. */
export const copyOut = (client: Client, text: string, to: Writable): Promise<void> => copying(client, (done) => new CopyOut(text, to, done));

/** Gives a `copy … from stdin` what it wants. */
export const copyIn = (client: Client, text: string, from: AsyncIterable<Buffer>): Promise<void> => copying(client, (done) => new CopyIn(text, from, done));
