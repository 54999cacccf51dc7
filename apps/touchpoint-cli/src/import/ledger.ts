import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseKey } from '@touchpoint/host/access';
import { CliError } from '../system/cli-error.ts';

/** What became of the rows so far; `events` by their names. */
export type Counts = Readonly<{ rows: number; events: Readonly<Record<string, number>>; skipped: number; rejected: number; rejectedRows: number }>;
export const NOTHING: Counts = { rows: 0, events: {}, skipped: 0, rejected: 0, rejectedRows: 0 };
export const eventCount = ({ events }: Counts): number => Object.values(events).reduce((sum, count) => sum + count, 0);

/**
 * How far an import is: the first `items` of what the mapping makes of the file are acknowledged, or written to the reject file, whose first `rejectBytes`
 * are theirs. Written after that, so it never says too much; that it says too little only costs time, for a messageId counts once.
 */
export type LedgerState = Readonly<{ items: number; rejectBytes: number; done: boolean; counts: Counts }>;
export const BEGINNING: LedgerState = { items: 0, rejectBytes: 0, done: false, counts: NOTHING };

export type Ledger = Readonly<{ path: string; read: () => Promise<LedgerState | null>; write: (state: LedgerState) => Promise<void> }>;

/** What an import is of. Another file, mapping, address or key is another import: a system that was wiped has other keys, so its ledgers are not believed. */
export type ImportIdentity = Readonly<{ fileHash: string; mappingHash: string; url: string; key: string }>;

/** Raised when the same file and mapping come to make other items, or in another order. */
const VERSION = 1;

const isState = (value: unknown): value is LedgerState => {
  const { version, items, rejectBytes, done, counts } = (value ?? {}) as Record<string, unknown>;
  return version === VERSION && Number.isSafeInteger(items) && Number.isSafeInteger(rejectBytes) && typeof done === 'boolean' && typeof counts === 'object' && counts !== null;
};

export const openLedger = (folder: string, { fileHash, mappingHash, url, key }: ImportIdentity): Ledger => {
  const keyId = parseKey(key)?.id ?? createHash('sha256').update(key).digest('hex');
  const name = createHash('sha256').update(JSON.stringify([VERSION, fileHash, mappingHash, new URL(url).origin, keyId])).digest('hex').slice(0, 32);
  const path = join(folder, `${name}.json`);
  return {
    path,
    read: async () => {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      try {
        const state: unknown = text === null ? null : JSON.parse(text);
        return isState(state) ? state : null;
      } catch {
        return null;
      }
    },
    /** Whole or not at all. */
    write: async (state) => {
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(`${path}.new`, JSON.stringify({ version: VERSION, ...state }), { mode: 0o600 });
        await rename(`${path}.new`, path);
      } catch (cause) {
        throw new CliError('IMPORT.LEDGER', `${path}, which remembers how far the import is, cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
      }
    },
  };
};
