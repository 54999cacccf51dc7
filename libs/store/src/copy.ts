import { BinaryValues } from './binary-values.ts';
import type { Client } from './pool.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = -1;

/**
 * Rows in the form that `copy … (format binary)` reads: a third of what the same rows take as text, and nothing that Postgres must parse. Each row is begun
 * with `row` and gets its columns in order.
 */
export class CopyRows extends BinaryValues {
  /** @param size bytes to begin with */
  constructor(size = 4 * 1024) {
    super(size, SIGNATURE);
  }

  row(columns: number): void {
    this.int16(columns);
  }

  /** All of it; no row can be added any more. */
  end(): Buffer {
    this.int16(END);
    return this.written;
  }
}

type Connection = Readonly<{ query(text: string): void; sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }>;

/** What `pg` runs in the place of a query of its own: it knows the messages of COPY and leaves them to whoever submitted it. */
class CopyIn {
  readonly callback: (error?: Error | null) => void;
  readonly #text: string;
  readonly #bytes: Buffer;

  constructor(text: string, bytes: Buffer, callback: (error?: Error | null) => void) {
    this.#text = text;
    this.#bytes = bytes;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleCopyInResponse(connection: Connection): void {
    connection.sendCopyFromChunk(this.#bytes);
    connection.endCopyFrom();
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback();
  }
}

/** Adds rows to a table, inside a transaction. `into` names it and its columns: `t (a, b)`. @throws what Postgres says. */
export const copyInto = (client: Client, into: string, rows: CopyRows): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    client.query(new CopyIn(`copy ${into} from stdin (format binary)`, rows.end(), (error) => (error ? reject(error) : resolve())) as never);
  });
