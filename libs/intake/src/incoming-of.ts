import type { Raw } from './app-context.ts';
import { derivedDevice } from './derived-device.ts';
import type { Arrival, Incoming, Intake } from './incoming.ts';
import type { Issues } from './issues.ts';
import { occurredAt, sentAtOf } from './occurred-at.ts';
import type { Said } from './say.ts';
import { unique } from './sources.ts';

/** What is around what an event says. Values as they came; `headOf(kind, event)` is asked for when all of them are known to be well-formed. */
type Envelope = Readonly<{
  messageId: string; timestamp: unknown; sentAt: unknown; historical: unknown; context: Raw | undefined;
  kind: string; event: Raw; headOf: (kind: string, event: Raw) => string;
}>;

/** Makes records of what an event says, or says why it is not taken. */
export const incomingOf = (said: Said, envelope: Envelope, arrival: Arrival, issues: Issues): Intake => {
  const { type, data, link, canonical } = said;
  const { messageId, context } = envelope;
  const marked = historicalOf(envelope.historical, arrival, issues);
  const clocks = { receivedAt: arrival.receivedAt, sentAt: sentAtOf(envelope.sentAt, issues) };
  const { at, old } = occurredAt(envelope.timestamp, marked, clocks, issues);
  if (issues.count > 0) return { refused: issues.refusal() };
  const incoming = {
    type, data, messageId, occurredAt: at, historical: marked || old, sources: unique(said.sources), link, causationId: null, canonical: envelope.headOf(envelope.kind, envelope.event) + canonical,
  } as Incoming;
  const device = derivedDevice(incoming, context);
  return { taken: device ? [incoming, device] : [incoming] };
};

const historicalOf = (historical: unknown, { mayImport }: Arrival, issues: Issues): boolean => {
  if (historical === undefined || historical === null || historical === false) return false;
  if (historical !== true) issues.add('INTAKE.WRONG_TYPE', 'Expected true or false.', 'historical');
  else if (!mayImport) issues.add('INTAKE.HISTORY_FORBIDDEN', 'This key may not mark events as history. Use one with the scope events:import.', 'historical');
  return true;
};
