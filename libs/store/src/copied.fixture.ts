import { expect } from '@jest/globals';
import type { CopyRows } from './copy.ts';

/** The fields of each row, read as Postgres reads them. */
export const fieldsOf = (rows: CopyRows): readonly (readonly (Buffer | null)[])[] => {
  const bytes = rows.end();
  expect(bytes.subarray(0, 19).toString('latin1')).toBe('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0');
  const found: (Buffer | null)[][] = [];
  let at = 19;
  for (let count = bytes.readInt16BE(at); count >= 0; count = bytes.readInt16BE(at)) {
    at += 2;
    found.push(Array.from({ length: count }, () => {
      const length = bytes.readInt32BE(at);
      at += 4 + Math.max(length, 0);
      return length < 0 ? null : bytes.subarray(at - length, at);
    }));
  }
  expect(at + 2).toBe(bytes.length);
  return found;
};

/** The elements of an array in binary form. */
export const elementsOf = (array: Buffer): readonly (Buffer | null)[] => {
  const found: (Buffer | null)[] = [];
  for (let at = 20; at < array.length; ) {
    const length = array.readInt32BE(at);
    at += 4 + Math.max(length, 0);
    found.push(length < 0 ? null : array.subarray(at - length, at));
  }
  expect(found.length).toBe(array.readInt32BE(12));
  return found;
};
