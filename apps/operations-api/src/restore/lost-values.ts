import { decodeMeta, isMessageName } from '@touchpoint/contracts';
import type { Sealed } from '@touchpoint/kernel';
import { META, typeOf, type LogRecord } from '@touchpoint/log';
import { query, type Pool } from '@touchpoint/store';
import { keyIdOf } from '@touchpoint/vault';
import type { Read } from './findings.ts';

/** The last key that this database gave out: those with a higher id, it has forgotten. */
export const lastKeyId = async (pool: Pool): Promise<number> => Number((await query<{ id: string }>(pool, 'select case when is_called then last_value else 0 end as id from vault.data_key_key_id_seq'))[0]!.id);

function* sealedIn(value: unknown): Generator<Sealed> {
  if (value instanceof Uint8Array) yield value as Sealed;
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) yield* sealedIn(part);
}

const isAbove = (sealed: Sealed, last: number): boolean => {
  try {
    return keyIdOf(sealed) > last;
  } catch {
    // No sealed value of ours: nobody could read it before either.
    return false;
  }
};

/** How many personal values records hold that were sealed under keys which a database has forgotten: they are redacted for ever. */
export const lostValues = (records: readonly LogRecord[], last: number, read: Read): number => {
  let lost = 0;
  for (const record of records) {
    const type = typeOf(record)!;
    const labels = decodeMeta(record.headers[META]!).sources.map(({ label }) => label);
    for (const sealed of sealedIn([labels, isMessageName(type) ? bodyOf(record, type, read) : null])) if (isAbove(sealed, last)) lost += 1;
  }
  return lost;
};

const bodyOf = ({ value }: LogRecord, type: string, read: Read): unknown => {
  try {
    return read(type, value);
  } catch {
    return null;
  }
};
