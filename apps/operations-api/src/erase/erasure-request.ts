import { encodeMeta } from '@touchpoint/contracts';
import { customerSourceKey, ERASURE } from '@touchpoint/identity';
import { derivedId, partitionOf, type CustomerId, type Instant, type Meta } from '@touchpoint/kernel';
import { META, TYPE, type MessageWriter, type OutRecord } from '@touchpoint/log';

export const PUBLISHER = 'operations-api';

/** What puts an erasure onto the log: a touchpoint under the customer's own source. Asked for again under its id, it is dropped as a repeat. */
export const erasureRequest = (
  { id, customerId, requestedBy, at }: Readonly<{ id: string; customerId: CustomerId; requestedBy: string; at: Instant }>,
  { topic, partitions, writer }: Readonly<{ topic: string; partitions: number; writer: MessageWriter }>,
): OutRecord => {
  const key = customerSourceKey(customerId);
  const meta: Meta = {
    messageId: id, publisher: PUBLISHER, occurredAt: at, receivedAt: at, historical: false, sources: [{ kind: 'customer', key, label: null }], link: 'none',
    digest: derivedId(ERASURE, id, customerId).replaceAll('-', ''), correlationId: id, causationId: null,
  };
  return { topic, partition: partitionOf(key, partitions), key, value: writer.write(ERASURE, { customerId, requestedBy }), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(ERASURE) } };
};
