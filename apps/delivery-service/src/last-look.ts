import type { JourneysPublished } from '@touchpoint/contracts';
import type { Clock } from '@touchpoint/host';
import { partitionOf, transient, type CustomerId, type Sealed } from '@touchpoint/kernel';
import { renderTemplate, type Json, type TemplateDocument } from '@touchpoint/messaging';
import { isMarketing, MAX_HOPS, parseState, reviewCommand, type CustomerState } from '@touchpoint/orchestration';
import { gathered, query, type Pool } from '@touchpoint/store';
import type { Vault } from '@touchpoint/vault';
import type { Command, LastLook } from './dispatcher.ts';
import type { DeliveryChannel } from './provider.port.ts';

export type LastLookPorts = Readonly<{ pool: Pool; vault: Vault; clock: Clock; timeline: Readonly<{ topic: string; partitions: number }> }>;

/** Published sets kept in memory: what is sent now was decided under one of the newest. */
const MAX_SETS = 16;

/**
 * A customer as the orchestrator knows it, how far that has read the partition, whether events of it or of its members lie parked there, and whether it was erased, which
 * the vault knows first; all of one instant.
 */
type Seen = Readonly<{ next: number | undefined; state: CustomerState; parked: boolean; erased: boolean }>;

type Asked = Readonly<{ partition: number; customerId: CustomerId; members: readonly string[] }>;

const orchestratorsSight = ({ pool, timeline: { topic, partitions } }: LastLookPorts) => {
  // Commands are looked at one by one, each just before its call; those that come at the same time share a statement.
  const seen = gathered((asked: readonly Asked[]) => {
    const keys = asked.flatMap(({ customerId, members }, i) => [customerId, ...members].map((key) => [i + 1, partitionOf(key, partitions), key] as const));
    return query<{ next: string | null; state: string | null; parked: boolean; erased: boolean }>(pool, `select
      (select next_offset from log.checkpoint where consumer = 'channel-orchestrator' and topic = $1 and partition = a.partition) as next,
      (select state from orchestration.customer where customer_id = a.customer_id) as state,
      exists (select from unnest($4::integer[], $5::integer[], $6::text[]) k (n, partition, key) join log.parked p using (partition, key) where k.n = a.n and p.consumer = 'channel-orchestrator' and p.topic = $1) as parked,
      exists (select from vault.data_key where source_key = a.customer_id and erased_at is not null) as erased
      from unnest($2::integer[], $3::uuid[]) with ordinality a (partition, customer_id, n) order by a.n`,
      [topic, asked.map(({ partition }) => partition), asked.map(({ customerId }) => customerId), keys.map(([n]) => n), keys.map(([, partition]) => partition), keys.map(([, , key]) => key)]);
  });
  const see = async (partition: number, customerId: CustomerId, members: readonly string[] = []): Promise<Seen> => {
    const { next, state, parked, erased } = await seen({ partition, customerId, members });
    return { next: next ? Number(next) : undefined, state: parseState(state), parked, erased };
  };
  const stateOf = async (customerId: CustomerId): Promise<CustomerState> =>
    parseState((await query<{ state: string }>(pool, 'select state from orchestration.customer where customer_id = $1', [customerId]))[0]?.state);

  return {
    /** What a member said may lie parked on its own timeline: then it has not been handed on. That matters to marketing only. */
    of: async (command: Command): Promise<Seen> => {
      const seen = await see(command.decidedPartition, command.customerId);
      const members = isMarketing(command) ? Object.keys(seen.state.members) : [];
      return members.length === 0 ? seen : see(command.decidedPartition, command.customerId, members);
    },
    /** Whose part the customer became, and whose part that one became. */
    survivorsOf: async (state: CustomerState): Promise<readonly CustomerState[]> => {
      const survivors: CustomerState[] = [];
      for (let { absorbed } = state; absorbed; { absorbed } = survivors.at(-1)!) {
        if (survivors.length === MAX_HOPS) throw new Error('the chain of those who were absorbed is a circle');
        survivors.push(await stateOf(absorbed.by));
      }
      return survivors;
    },
  };
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
export const createLastLook = (ports: LastLookPorts): LastLook => {
  const { pool, vault, clock } = ports;
  const sight = orchestratorsSight(ports);
  const templateOf = templateSource(pool);
  const unseal = gathered((sealed: readonly Sealed[]) => vault.unseal(sealed));
  return async (command: Command) => {
    const { next, state, parked, erased } = await sight.of(command);
    // Only a database that was restored behind the log can be so: the command waits, it is not sent.
    if (next === undefined || next <= command.decidedOffset) throw transient('DELIVERY.BEHIND', 'the orchestrator has not read as far as this command was decided');
    const review = reviewCommand(state, command, clock.now(), { erased, parked, survivors: await sight.survivorsOf(state) });
    if (!review.allowed) return { held: review.reason };
    const template = await templateOf(command.setNumber, command.templateId);
    if (!template) return { failed: 'unknown template' };
    const rendered = renderTemplate(template, (JSON.parse(command.variables) as Record<string, Json> | null) ?? {}, command.link);
    if ('rejected' in rendered) return { failed: rendered.rejected };
    const address = await unseal(review.address);
    if (address === null) return { held: 'no contact point' };
    const { channel, ...parts } = rendered.message;
    return {
      message: {
        commandId: command.commandId, customerId: command.customerId, channel: channel satisfies DeliveryChannel, contactPoint: command.contactPoint, address,
        parts: Object.fromEntries(Object.entries(parts).filter((part): part is [string, string] => typeof part[1] === 'string')), link: command.link,
      },
    };
  };
};
