import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { CliError } from '../system/cli-error.ts';

const PIECE = 64 * 1024;
const unpackers: Readonly<Record<string, () => Transform>> = { '.gz': () => createGunzip({ chunkSize: PIECE }), '.br': () => createBrotliDecompress({ chunkSize: PIECE }) };
const endingOf = (path: string): string => Object.keys(unpackers).find((ending) => path.endsWith(ending)) ?? '';

/** A file to import. `size` and what `onBytes` tells are bytes as it lies on the disk: packed, where it is. */
export type InputFile = Readonly<{
  path: string;
  size: number;
  /** SHA-256 of the whole file, 64 hex characters. */
  hash: () => Promise<string>;
  /** Its text in pieces; one at a time is in memory. @throws CliError where it ends too early or is damaged: then nothing may be taken to be whole. */
  read: (encoding: string, onBytes: (read: number) => void) => AsyncIterable<string>;
}>;

const unreadable = (path: string, cause: unknown): CliError => {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : code === 'EISDIR' ? 'it is a folder' : message;
  return new CliError('IMPORT.FILE', `${path} cannot be read: ${why}`, { cause });
};
const damaged = (path: string, cause: unknown): CliError => {
  const { code = '' } = cause as NodeJS.ErrnoException;
  if (code.startsWith('ERR_ENCODING')) return new CliError('IMPORT.ENCODING', `${path} holds bytes that are not of its encoding`, { cause });
  return code.startsWith('Z_') || code.startsWith('ERR_BROTLI') || code.startsWith('ERR__ERROR')
    ? new CliError('IMPORT.DAMAGED', `${path} is damaged or ends too early (${code}). What came before was imported; get the whole file and run the same command again.`, { cause })
    : unreadable(path, cause);
};

async function* piecesOf(path: string, encoding: string, onBytes: (read: number) => void): AsyncGenerator<string> {
  const file = createReadStream(path, { highWaterMark: PIECE });
  file.on('data', () => onBytes(file.bytesRead));
  const unpack = unpackers[endingOf(path)];
  // The error of a part ends the iteration below; pipeline only sees to it that all parts are closed.
  const bytes = unpack ? pipeline(file, unpack(), () => undefined) : file;
  const decoder = new TextDecoder(encoding);
  try {
    for await (const piece of bytes) {
      const text = decoder.decode(piece as Buffer, { stream: true });
      if (text !== '') yield text;
    }
  } catch (error) {
    throw damaged(path, error);
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

/** @throws CliError where there is no such file */
export const openInput = async (path: string): Promise<InputFile> => {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!found.isFile()) throw new CliError('IMPORT.FILE', `${path} is no file`);
  return {
    path,
    size: found.size,
    hash: async () => {
      const hash = createHash('sha256');
      try {
        for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(piece as Buffer);
      } catch (error) {
        throw unreadable(path, error);
      }
      return hash.digest('hex');
    },
    read: (encoding, onBytes) => piecesOf(path, encoding, onBytes),
  };
};
