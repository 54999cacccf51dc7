import { encode, type MessageName } from '@touchpoint/contracts';
import type { Arrival, Incoming } from './incoming.ts';
import type { Refusal } from './issues.ts';
import { toSealed } from './sealing.fixture.ts';
import { takeSegment, type Call } from './segment.ts';

export const AT = Date.UTC(2026, 0, 31, 12);
export const arrival: Arrival = { receivedAt: AT, mayImport: false, escaped: true };
const base = { messageId: 'm-1', userId: '42', timestamp: '2026-01-31T11:59:00.000Z' };

/** What an event became, and that it fits its schemas. */
export const taken = (event: object, call?: Call, how: Partial<Arrival> = {}): readonly Incoming[] => {
  const intake = takeSegment({ ...base, ...event }, { ...arrival, ...how }, call);
  if ('refused' in intake) throw new Error(JSON.stringify(intake.refused));
  for (const incoming of intake.taken) encode(incoming.type as MessageName, toSealed(incoming) as never);
  return intake.taken;
};
export const track = (event: string, properties: object = {}, more: object = {}) => taken({ event, properties, ...more }, 'track')[0]!;
export const refused = (event: object, call?: Call, how: Partial<Arrival> = {}): Refusal => {
  const intake = takeSegment({ ...base, ...event }, { ...arrival, ...how }, call);
  if ('taken' in intake) throw new Error('it was taken');
  return intake.refused;
};
export const paths = (refusal: Refusal) => refusal.issues.map(({ path }) => path);
