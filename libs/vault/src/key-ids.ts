import type { Queryable } from '@touchpoint/store';

/** Far more keys than one incarnation of a database makes; 8,191 of them fit into the numbers that JavaScript writes rightly. */
const OF_AN_INCARNATION = 2 ** 40;

/**
 * Ids of keys that are made from here on lie beyond all that an earlier incarnation can have given out, also those that this database has forgotten: a value that was
 * sealed under one of them is redacted, and is never tried under another source's key.
 */
export const raiseKeyIds = async (on: Queryable, incarnation: number): Promise<void> => {
  await on.query("select setval(pg_get_serial_sequence('vault.data_key', 'key_id'), greatest($1::bigint, (select last_value from vault.data_key_key_id_seq)))", [incarnation * OF_AN_INCARNATION]);
};
