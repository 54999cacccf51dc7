import type { Channel } from '@touchpoint/contracts';
import { ALL_PURPOSES, TRANSACTIONAL } from './consent.projection.ts';
import { ALL_POINTS } from './contact-points.projection.ts';
import type { ConsentRow } from './rows.ts';

export type ConsentState = 'granted' | 'withdrawn';
export type ConsentQuestion = Readonly<{ channel: Channel; purpose: string; contactPoint?: string }>;
export type ConsentAnswer = Pick<ConsentRow, 'at' | 'state' | 'method' | 'source' | 'purpose' | 'contactPoint'> & Readonly<{ state: ConsentState }>;

/**
 * The latest statement that applies to a channel, purpose and contact point; of two at one instant the withdrawal. undefined: the customer never said anything,
 * and what follows from that is the message class's to decide. A withdrawal of everything does not touch transactional messages.
 */
export const consentFor = (rows: Iterable<ConsentRow>, { channel, purpose, contactPoint }: ConsentQuestion): ConsentAnswer | undefined => {
  let answer: ConsentRow | undefined;
  for (const row of rows) {
    const applies = row.channel === channel
      && (row.purpose === purpose || (row.purpose === ALL_PURPOSES && purpose !== TRANSACTIONAL))
      && (row.contactPoint === ALL_POINTS || row.contactPoint === contactPoint);
    if (!applies || row.at === null) continue;
    const before = answer?.at ?? Number.NEGATIVE_INFINITY;
    if (row.at > before || (row.at === before && row.state === 'withdrawn')) answer = row;
  }
  return answer as ConsentAnswer | undefined;
};
