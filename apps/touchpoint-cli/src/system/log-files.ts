import { copyFile, mkdir, open, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A log is at most this large, and the one before it is kept beside it. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Opened for appending, readable by its owner only. Its writers hold it open themselves, so the supervisor's end does not break their output. */
export const openLog = async (path: string) => {
  await mkdir(dirname(path), { recursive: true });
  return open(path, 'a', 0o600);
};

export const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

/** Keeps a log that has grown too large as `<path>.1`, and goes on with an empty one. Writers hold it in append mode, so they go on at its new end. */
export const rotate = async (path: string, limit = MAX_BYTES): Promise<boolean> => {
  if ((await sizeOf(path)) <= limit) return false;
  await copyFile(path, `${path}.1`);
  await truncate(path, 0);
  return true;
};

/** Text of a file from an offset on, at most `bytes` of its end; empty where there is none. */
export const readTail = async (path: string, { from = 0, bytes = 256 * 1024 }: { from?: number; bytes?: number } = {}): Promise<{ text: string; end: number }> => {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return { text: '', end: 0 };
  try {
    const { size } = await file.stat();
    const start = Math.max(from > size ? 0 : from, size - bytes);
    const length = size - start;
    if (length <= 0) return { text: '', end: size };
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    return { text: buffer.toString('utf8', 0, bytesRead), end: start + bytesRead };
  } finally {
    await file.close();
  }
};

/** The last lines of a log, those from `from` on only; a first line that was cut is left out. */
export const lastLines = async (path: string, count = 15, from = 0): Promise<readonly string[]> => {
  const bytes = Math.max(64 * 1024, count * 1024);
  const { text } = await readTail(path, { from, bytes });
  const lines = text.split('\n').filter((line) => line !== '');
  return (Buffer.byteLength(text) >= bytes ? lines.slice(1) : lines).slice(-count);
};
