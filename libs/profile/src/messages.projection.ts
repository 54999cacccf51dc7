import type { MessageBounced, MessageClicked, MessageComplained, MessageDecided, MessageDelivered, MessageFailed, MessageHeld, MessageOpened, MessageRef, MessageSent, MessageUnknown } from '@touchpoint/contracts';
import { nothing, readModel } from './read-model.ts';

type Told = MessageDecided | MessageSent | MessageDelivered | MessageOpened | MessageClicked | MessageBounced | MessageComplained | MessageFailed | MessageHeld | MessageUnknown;

/** What a sender outside calls a command may be any text; it is none of ours. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const EARLIEST = { type: 'instant', merge: 'min' } as const;
const STATED = { merge: { latest: 'statedAt' } } as const;

/** Every message that was decided on, why, and what became of it. Messages of other senders, which no command of ours names, are not in it. */
export const messages = readModel<Told>()({
  name: 'messages',
  version: 1,
  doc: 'Messages that were decided on, why, and what became of them. One row per customer and command.',
  key: { commandId: { type: 'uuid', doc: 'The command, derived from run and step.' } },
  columns: {
    statedAt: { type: 'instant', merge: 'max', doc: 'When it was decided.' },
    verdict: { type: 'text', ...STATED, doc: 'send or hold.' },
    reason: { type: 'text', ...STATED, doc: 'Why it is held. null: it is sent.' },
    channel: { type: 'text', ...STATED, doc: 'email, sms, push or other.' },
    templateId: { type: 'text', ...STATED, doc: 'The template.' },
    messageClass: { type: 'text', ...STATED, doc: 'transactional or marketing.' },
    journeyId: { type: 'text', ...STATED, doc: 'The journey that decided.' },
    runId: { type: 'uuid', ...STATED, doc: 'The run of the journey.' },
    stepId: { type: 'text', ...STATED, doc: 'The step that sends.' },
    setNumber: { type: 'bigint', ...STATED, doc: 'The published set that it was decided under.' },
    causeId: { type: 'text', ...STATED, doc: 'Message id of the event that caused the decision.' },
    causeOffset: { type: 'bigint', ...STATED, doc: 'Its offset on the timeline.' },
    why: { type: 'json', ...STATED, doc: 'What was looked at.' },
    sentAt: { ...EARLIEST, doc: 'Accepted by the provider.' },
    deliveredAt: { ...EARLIEST, doc: 'Reached the mail server, handset or device.' },
    openedAt: { ...EARLIEST, doc: 'First opened, not by a machine.' },
    clickedAt: { ...EARLIEST, doc: 'First clicked or tapped, not by a machine.' },
    bouncedAt: { ...EARLIEST, doc: 'Refused after it was sent.' },
    complainedAt: { ...EARLIEST, doc: 'Marked as spam.' },
    failedAt: { ...EARLIEST, doc: 'Given up.' },
    heldAt: { ...EARLIEST, doc: 'Held at the last moment.' },
    unknownAt: { ...EARLIEST, doc: 'Sent or not, nobody knew. A later sentAt or failedAt settled it.' },
    outcomeReason: { type: 'text', merge: 'max', doc: 'Why it failed, bounced, was held or is unknown.' },
  },
  folds: (put) => {
    const told = ({ commandId }: MessageRef, part: Parameters<typeof put>[1]) => (commandId === null || !UUID.test(commandId) ? nothing : [put({ commandId }, part)]);
    return {
      on: {
        MessageDecided: ({ data }, { meta: { occurredAt, causationId } }) => {
          const { commandId, verdict, reason, channel, templateId, messageClass, journeyId, runId, stepId, setNumber, causeOffset, why } = data;
          return [put({ commandId }, { statedAt: occurredAt, verdict, reason, channel, templateId, messageClass, journeyId, runId, stepId, setNumber, causeId: causationId, causeOffset, why: why === null ? null : (JSON.parse(why) as unknown) })];
        },
        MessageSent: ({ data }, { meta }) => told(data.message, { sentAt: meta.occurredAt }),
        MessageDelivered: ({ data }, { meta }) => told(data.message, { deliveredAt: meta.occurredAt }),
        MessageOpened: ({ data }, { meta }) => (data.automatic === true ? nothing : told(data.message, { openedAt: meta.occurredAt })),
        MessageClicked: ({ data }, { meta }) => (data.automatic === true ? nothing : told(data.message, { clickedAt: meta.occurredAt })),
        MessageBounced: ({ data }, { meta }) => told(data.message, { bouncedAt: meta.occurredAt, outcomeReason: data.reason }),
        MessageComplained: ({ data }, { meta }) => told(data.message, { complainedAt: meta.occurredAt }),
        MessageFailed: ({ data }, { meta }) => told(data.message, { failedAt: meta.occurredAt, outcomeReason: data.reason }),
        MessageHeld: ({ data }, { meta }) => told(data.message, { heldAt: meta.occurredAt, outcomeReason: data.reason }),
        MessageUnknown: ({ data }, { meta }) => told(data.message, { unknownAt: meta.occurredAt, outcomeReason: data.reason }),
      },
    };
  },
});
