import { expect } from '@jest/globals';
import type { RunMove, TimelineEvent } from '@touchpoint/contracts';
import { toIso, type CustomerId, type Instant, type Meta } from '@touchpoint/kernel';
import { decide } from '../decide.ts';
import { nothing, type CommandOut, type Decided, type Fact, type Timer } from '../emission.ts';
import type { Input } from '../input.ts';
import { publicationAs, publicationChecker, type PublicationFiles } from '../publication.ts';
import { publishedOf, type Published } from '../published.ts';
import { emptyState, type CustomerState } from '../state.ts';
import { customer } from './messages.ts';

export * from './messages.ts';

/** A message at its time. `received` is when it came to be known, where that is later. */
export type Moment = Readonly<{ at: Instant; message: TimelineEvent; received?: Instant; historical?: boolean; offset?: number; messageId?: string }>;
type When = string | Instant;
const instant = (when: When): Instant => (typeof when === 'number' ? when : Date.parse(when));

/** Something that happened and was known at once. */
export const at = (when: When, message: TimelineEvent, more: Partial<Moment> = {}): Moment => ({ at: instant(when), message, ...more });
/** Something that was imported at `imported`, long after it happened. */
export const historical = (when: When, imported: When, message: TimelineEvent): Moment => ({ at: instant(when), received: instant(imported), message, historical: true });
/** A timer that fires, at its due time or, after an outage, `late`. */
export const fired = (timer: Timer, late: When = timer.dueAt): Moment => ({ at: timer.dueAt, received: instant(late), message: { type: 'TimerFired', data: timer } });

/** The record that a moment would be, at `offset` of the customer's timeline. */
export const inputOf = (moment: Moment, offset: number, customerId: CustomerId): Input => {
  const meta: Meta = {
    messageId: moment.messageId ?? `m${offset}`, publisher: 'shop', occurredAt: moment.at, receivedAt: moment.received ?? moment.at, historical: moment.historical ?? false,
    sources: [], link: 'none', digest: '', correlationId: null, causationId: null,
  };
  return { message: moment.message, recorded: { meta, customerId, position: { partition: 0, offset } } };
};

/** Decides on moments one after the other, from a state; what they emit is gathered. */
export const play = (published: Published, moments: readonly Moment[], state: CustomerState = emptyState, customerId: CustomerId = customer('a'), from = state.offset + 1): Decided & { readonly next: number } => {
  const facts: Fact[] = [];
  const commands: CommandOut[] = [];
  const set: Timer[] = [];
  const cancelled: string[] = [];
  let current = nothing(state);
  moments.forEach((moment, i) => {
    current = decide(current.state, inputOf(moment, moment.offset ?? from + i, customerId), published);
    facts.push(...current.facts);
    commands.push(...current.commands);
    set.push(...current.timers.set);
    cancelled.push(...current.timers.cancelled);
  });
  return { state: current.state, facts, commands, timers: { set, cancelled }, next: from + moments.length };
};

const toldMove = ({ move, journeyId, stepId, nextStepId, reason }: RunMove): string => {
  switch (move) {
    case 'entered': return `enters ${journeyId}`;
    case 'advanced': return `goes ${stepId} → ${nextStepId}`;
    case 'exited': return `leaves ${journeyId}: ${reason}`;
  }
};

/** What was decided, a line each, for people to read. */
export const told = ({ facts, commands, timers }: Decided): readonly string[] => [
  ...facts.flatMap(({ message: { type, data } }) => {
    switch (type) {
      case 'JourneysMoved': return data.moves.map(toldMove);
      case 'MessageDecided': return data.verdict === 'send' ? `sends ${data.templateId}` : `holds ${data.templateId}: ${data.reason}`;
      case 'SegmentEntered': return `enters segment ${data.segmentId}${data.initial ? ', found there' : ''}`;
      case 'SegmentLeft': return `leaves segment ${data.segmentId}${data.reason === 'condition' ? '' : `: ${data.reason}`}`;
      case 'CustomerHandedOver': return `hands over to ${data.toCustomerId}`;
      case 'TouchpointHandedOn': return `hands ${data.messageType} on to ${data.toCustomerId}`;
      default: return type;
    }
  }),
  ...commands.map(({ message: { data }, urgent }) => `command ${data.channel}${urgent ? ', urgent' : ''}`),
  ...timers.cancelled.map(() => 'cancels a timer'),
  ...timers.set.map(({ stepId, dueAt }) => `timer ${stepId ?? 'segments'} ${toIso(dueAt).replace(':00.000Z', '').replace('T00:00', '')}`),
];

/** Given what happened, when something happens, then this is decided. */
export const given = (published: Published, ...before: readonly Moment[]) => {
  const past = play(published, before);
  return {
    past,
    when: (...moments: readonly (Moment | ((past: Decided) => Moment))[]) => {
      const outcome = play(published, moments.map((moment) => (typeof moment === 'function' ? moment(past) : moment)), past.state, customer('a'), past.next);
      return {
        outcome,
        then: (...lines: readonly string[]): void => expect(told(outcome)).toEqual(lines),
      };
    },
  };
};

/** Files of a set, checked and published as set number `setNumber`, live at once unless told. @throws Error that names every issue. */
export const publish = (files: PublicationFiles, setNumber = 1, live = setNumber): Published => {
  const checked = publicationChecker()(files);
  if ('issues' in checked) throw new Error(checked.issues.map(({ file, path, message }) => `${file}${path}: ${message}`).join('\n'));
  return publishedOf(publicationAs(setNumber, checked.publication, undefined), live);
};
