import type { JourneysPublished } from '@touchpoint/contracts';
import type { Clock } from '@touchpoint/host';
import { transient, type CustomerId } from '@touchpoint/kernel';
import { renderTemplate, type Json, type TemplateDocument } from '@touchpoint/messaging';
import { parseState, reviewCommand, type CustomerState } from '@touchpoint/orchestration';
import { query, type Pool } from '@touchpoint/store';
import type { Vault } from '@touchpoint/vault';
import type { Command, LastLook } from './dispatcher.ts';
import type { DeliveryChannel } from './provider.port.ts';

export type LastLookPorts = Readonly<{ pool: Pool; vault: Vault; clock: Clock; timeline: string }>;

/** Published sets kept in memory: what is sent now was decided under one of the newest. */
const MAX_SETS = 16;

/** A customer as the orchestrator knows it, and how far that has read the customer's partition; both of one instant. */
const lookUp = async (pool: Pool, timeline: string, partition: number, customerId: CustomerId): Promise<{ next: number | undefined; state: CustomerState }> => {
  const [row] = await query<{ next: string | null; state: string | null }>(pool, `select
    (select next_offset from log.checkpoint where consumer = 'channel-orchestrator' and topic = $1 and partition = $2) as next,
    (select state from orchestration.customer where customer_id = $3) as state`, [timeline, partition, customerId]);
  return { next: row?.next ? Number(row.next) : undefined, state: parseState(row?.state ?? undefined) };
};

/** Loads templates by the set a command was decided under. */
const templateSource = (pool: Pool) => {
  const sets = new Map<number, ReadonlyMap<string, TemplateDocument>>();
  return async (setNumber: number, templateId: string): Promise<TemplateDocument | undefined> => {
    let templates = sets.get(setNumber);
    if (!templates) {
      const [row] = await query<{ published: string }>(pool, 'select published from orchestration.published_set where set_number = $1', [setNumber]);
      if (!row) return undefined;
      const documents = JSON.parse((JSON.parse(row.published) as JourneysPublished['data']).templates) as readonly TemplateDocument[];
      templates = new Map(documents.map((document) => [document.id, document]));
      if (sets.size >= MAX_SETS) sets.delete(sets.keys().next().value!);
      sets.set(setNumber, templates);
    }
    return templates.get(templateId);
  };
};

/** Consent, suppression, contact point and text of a command, at the last moment. */
export const createLastLook = ({ pool, vault, clock, timeline }: LastLookPorts): LastLook => {
  const templateOf = templateSource(pool);
  return async (command: Command) => {
    const { next, state } = await lookUp(pool, timeline, command.decidedPartition, command.customerId);
    // Only a database that was restored behind the log can be so: the command waits, it is not sent.
    if (next === undefined || next <= command.decidedOffset) throw transient('DELIVERY.BEHIND', 'the orchestrator has not read as far as this command was decided');
    const review = reviewCommand(state, command, clock.now());
    if (!review.allowed) return { held: review.reason };
    const template = await templateOf(command.setNumber, command.templateId);
    if (!template) return { failed: 'unknown template' };
    const rendered = renderTemplate(template, (JSON.parse(command.variables) as Record<string, Json> | null) ?? {}, command.link);
    if ('rejected' in rendered) return { failed: rendered.rejected };
    const [address] = await vault.unseal([review.address]);
    if (address === null || address === undefined) return { held: 'no contact point' };
    const { channel, ...parts } = rendered.message;
    return {
      message: {
        commandId: command.commandId, customerId: command.customerId, channel: channel satisfies DeliveryChannel, contactPoint: command.contactPoint, address,
        parts: Object.fromEntries(Object.entries(parts).filter((part): part is [string, string] => typeof part[1] === 'string')), link: command.link,
      },
    };
  };
};
