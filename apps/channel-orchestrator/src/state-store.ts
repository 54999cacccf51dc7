import { parseState, type CustomerState } from '@touchpoint/orchestration';
import type { CustomerId } from '@touchpoint/kernel';
import { query, type Queryable } from '@touchpoint/store';

/** The states of these customers; one that has none yet is missing. */
export const loadStates = async (on: Queryable, customerIds: readonly CustomerId[]): Promise<ReadonlyMap<CustomerId, CustomerState>> => {
  if (customerIds.length === 0) return new Map();
  const rows = await query<{ customer_id: CustomerId; state: string }>(on, 'select customer_id, state from orchestration.customer where customer_id = any($1::uuid[])', [`{${customerIds.join(',')}}`]);
  return new Map(rows.map(({ customer_id, state }) => [customer_id, parseState(state)]));
};
