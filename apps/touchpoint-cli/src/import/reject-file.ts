import { open, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { CliError } from '../system/cli-error.ts';

/** Why rows became no event, a line of JSON each: `{"line","lastLine","rows","key","code","reason"}`. Holds no value of the file but keys. */
export type RejectLine = Readonly<{ line: number; lastLine: number; rows: number; key: string | null; code: string; reason: string }>;
export type RejectFile = Readonly<{ path: string; bytes: () => number; append: (lines: readonly RejectLine[]) => Promise<void>; close: () => Promise<void> }>;

const unwritable = (path: string, cause: unknown): CliError =>
  new CliError('IMPORT.REJECTS', `${path} cannot be written (${(cause as NodeJS.ErrnoException).code}): say another place with --rejects PATH`, { cause });

const START = '{"line":';
/** A file that is none of ours is not replaced: the path may be mistyped. */
const checkOurs = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START.length), 0, START.length, 0);
    if (bytesRead > 0 && buffer.toString('latin1', 0, bytesRead) !== START) throw new CliError('IMPORT.REJECTS', `${path} is there and is no reject file: say another place with --rejects PATH`);
  } finally {
    await file.close();
  }
};

/**
 * The reject file, as far as an earlier run's ledger vouches for it: what lies beyond `keep` bytes is told again. There is none until something is rejected.
 */
export const openRejects = async (path: string, keep: number): Promise<RejectFile> => {
  const size = await stat(path).then((found) => found.size, () => 0);
  let bytes = Math.min(size, keep);
  let file: FileHandle | undefined;
  try {
    if (size > 0) await checkOurs(path);
    if (bytes === 0) await rm(path, { force: true });
    else if (bytes < size) await truncate(path, bytes);
  } catch (error) {
    throw error instanceof CliError ? error : unwritable(path, error);
  }
  return {
    path,
    bytes: () => bytes,
    append: async (lines) => {
      if (lines.length === 0) return;
      const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      try {
        file ??= await open(path, 'a', 0o600);
        await file.appendFile(text);
      } catch (error) {
        throw unwritable(path, error);
      }
      bytes += text.length;
    },
    close: async () => file?.close(),
  };
};
