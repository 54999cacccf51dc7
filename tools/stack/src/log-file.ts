import { appendFile, open, rename, stat, truncate } from 'node:fs/promises';

const maxBytes = 16 * 1024 * 1024;
const keptBytes = 256 * 1024;

/** The last lines of a log; empty when there is none. */
export const lastLines = async (path: string, count = 15, bytes = 16 * 1024): Promise<readonly string[]> => {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, bytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString('utf8').trimEnd().split('\n');
    return lines.slice(-count);
  } finally {
    await file.close();
  }
};

/** At each start the log of the run before is kept beside the new one, and the one before that goes. */
export const rotate = async (path: string): Promise<void> => {
  await rename(path, `${path}.1`).catch(() => undefined);
};

/** Cuts a log that grew over 16 MB down to its last lines. Writers hold it in append mode, so they go on behind the cut. */
export const cap = async (path: string, limit = maxBytes): Promise<void> => {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size <= limit) return;
  const kept = await lastLines(path, Number.MAX_SAFE_INTEGER, Math.min(keptBytes, limit));
  await truncate(path, 0);
  await appendFile(path, `… cut at ${size} bytes …\n${kept.join('\n')}\n`);
};
