import type { Channel } from '@touchpoint/contracts';
import { ALL_POINTS } from './contact-points.projection.ts';
import type { ContactPointRow, DeviceRow } from './rows.ts';

const isOpen = ({ status, address }: ContactPointRow): boolean => address !== null && (status === null || status === 'active');

/**
 * The contact points of a channel that may be written to. E-mail and SMS: the address stated last, and none if that one is void; an older one is not his any
 * more. Push: the current token of every registered device, the one registered last first. Takes rows of a whole set after `merge`.
 */
export const reachable = (channel: Channel, points: Iterable<ContactPointRow>, devices: Iterable<DeviceRow>): readonly ContactPointRow[] => {
  const there = [...points].filter((point) => point.channel === channel);
  if (channel === 'push') {
    const byKey = new Map(there.map((point) => [point.contactPoint, point]));
    return [...devices]
      .filter(({ state }) => state === 'registered')
      .sort((a, b) => (b.registeredAt ?? 0) - (a.registeredAt ?? 0) || (a.deviceKey < b.deviceKey ? -1 : 1))
      .flatMap(({ tokenKey }) => (tokenKey === null ? [] : (byKey.get(tokenKey) ?? [])))
      .filter((point, i, all) => isOpen(point) && all.indexOf(point) === i);
  }
  const removedAt = there.find(({ contactPoint }) => contactPoint === ALL_POINTS)?.statusAt ?? Number.NEGATIVE_INFINITY;
  const stated = there.filter(({ contactPoint, statedAt }) => contactPoint !== ALL_POINTS && statedAt !== null && statedAt > removedAt);
  const [current] = stated.sort((a, b) => b.statedAt! - a.statedAt! || (a.contactPoint < b.contactPoint ? -1 : 1));
  return current && isOpen(current) ? [current] : [];
};
