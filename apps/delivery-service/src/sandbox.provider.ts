import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { customerSourceKey } from '@touchpoint/identity';
import type { CustomerId, Sealed } from '@touchpoint/kernel';
import { gathered, query, type Pool } from '@touchpoint/store';
import type { Vault } from '@touchpoint/vault';
import type { DeliveryChannel, MessageProvider, OutgoingMessage, ProviderAnswer } from './provider.port.ts';

const Rule = z.strictObject({
  channel: z.enum(['email', 'sms', 'push']).optional(),
  customerId: z.uuid().optional(),
  /** refuse: for good; busy: for the moment; silent: carried, and the answer is lost. */
  mode: z.enum(['refuse', 'busy', 'silent']),
  /** How many times at most; without it, until it is taken away. */
  times: z.int().positive().max(1_000_000).optional(),
});
/** How the sandbox behaves, for tests: set over HTTP, the same for all processes. */
export const SandboxBehaviour = z.strictObject({ delayMs: z.int().min(0).max(60_000).default(0), rules: z.array(Rule).max(100).default([]) });
export type SandboxBehaviour = z.infer<typeof SandboxBehaviour>;

/** `sentAt` is ISO 8601 to the microsecond: pages go by it. */
export type SandboxMessage = Readonly<{ commandId: string; customerId: CustomerId; channel: DeliveryChannel; sentAt: string; calls: number; to: string; parts: Readonly<Record<string, string>>; link: string | null }>;

type Stored = Pick<OutgoingMessage, 'address' | 'parts' | 'link'>;
type Row = { command_id: string; customer_id: CustomerId; channel: DeliveryChannel; content: Buffer; calls: number; sent_at: string };

/** Carries every channel nowhere: what it would have sent can be looked at. The same command twice is one message, as with a provider that knows idempotency keys. */
export class SandboxProvider implements MessageProvider {
  readonly name = 'sandbox';
  readonly channels = ['email', 'sms', 'push'] as const;
  readonly idempotent = true;
  readonly #pool: Pool;
  readonly #vault: Vault;
  /** The behaviour, for all that are sent at the same time. */
  readonly #look: (_: undefined) => Promise<SandboxBehaviour>;

  constructor(pool: Pool, vault: Vault) {
    this.#pool = pool;
    this.#vault = vault;
    this.#look = gathered(async (asked) => {
      const behaviour = await this.behaviour();
      return asked.map(() => behaviour);
    });
  }

  async send(message: OutgoingMessage, signal: AbortSignal): Promise<ProviderAnswer> {
    const { delayMs, rules } = await this.#look(undefined);
    if (delayMs > 0) await sleep(delayMs, undefined, { signal });
    const index = rules.findIndex((rule) => (rule.channel ?? message.channel) === message.channel && (rule.customerId ?? message.customerId) === message.customerId);
    const mode = index < 0 ? undefined : await this.#use(index, rules[index]!);
    if (mode === 'refuse') return { answer: 'refused', permanent: true, reason: 'sandbox: refused' };
    if (mode === 'busy') return { answer: 'refused', permanent: false, reason: 'sandbox: busy' };
    if (!(await this.#carry(message))) return { answer: 'refused', permanent: true, reason: 'sandbox: erased' };
    if (mode === 'silent') throw new Error('the sandbox keeps its answer to itself');
    return { answer: 'accepted', providerMessageId: `sandbox-${message.commandId}` };
  }

  /** Under the customer's own key: an address may be another's one day. @returns false: the customer was erased, and nothing is kept. */
  async #carry({ commandId, customerId, channel, address, parts, link }: OutgoingMessage): Promise<boolean> {
    const source = customerSourceKey(customerId);
    const key = (await this.#vault.keysFor([source])).get(source);
    if (!key) return false;
    const stored: Stored = { address, parts, link };
    await query(this.#pool, `insert into delivery.sandbox_message (command_id, customer_id, channel, content) values ($1, $2, $3, $4)
      on conflict (command_id) do update set calls = sandbox_message.calls + 1`, [commandId, customerId, channel, Buffer.from(this.#vault.seal(key, JSON.stringify(stored)))]);
    return true;
  }

  /** Uses up one time of a rule that has a number of them; two processes never use the same one. */
  async #use(index: number, { mode, times }: SandboxBehaviour['rules'][number]): Promise<typeof mode | undefined> {
    if (times === undefined) return mode;
    const used = await query(this.#pool, `update delivery.sandbox_behaviour set behaviour = jsonb_set(behaviour, array['rules', $1::text, 'times'], to_jsonb((behaviour #>> array['rules', $1::text, 'times'])::int - 1))
      where (behaviour #>> array['rules', $1::text, 'times'])::int > 0 returning one`, [String(index)]);
    return used.length > 0 ? mode : undefined;
  }

  async behaviour(): Promise<SandboxBehaviour> {
    const [row] = await query<{ behaviour: unknown }>(this.#pool, 'select behaviour from delivery.sandbox_behaviour');
    const stored = Stored.safeParse(row?.behaviour ?? {});
    return stored.success ? stored.data : { delayMs: 0, rules: [] };
  }

  async setBehaviour(behaviour: SandboxBehaviour): Promise<void> {
    await query(this.#pool, 'update delivery.sandbox_behaviour set behaviour = $1', [JSON.stringify(behaviour)]);
  }

  /** Newest first. What was erased since is not shown, though this process may have its key in memory for a while. */
  async messages({ customerId, channel, limit, before }: { customerId?: string; channel?: string; limit: number; before?: string }): Promise<readonly SandboxMessage[]> {
    const rows = await query<Row>(this.#pool, `select command_id, customer_id, channel, content, calls,
        to_char(sent_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as sent_at from delivery.sandbox_message m
      where ($1::uuid is null or customer_id = $1) and ($2::text is null or channel = $2) and ($4::timestamptz is null or sent_at < $4)
        and not exists (select from vault.data_key k where k.source_key = m.customer_id and k.erased_at is not null) order by m.sent_at desc, command_id limit $3`, [customerId ?? null, channel ?? null, limit, before ?? null]);
    const contents = await this.#vault.unseal(rows.map(({ content }) => content as unknown as Sealed));
    return rows.flatMap((row, i) => {
      const content = contents[i];
      if (content === null || content === undefined) return [];
      const { address, parts, link } = JSON.parse(content) as Stored;
      return [{ commandId: row.command_id, customerId: row.customer_id, channel: row.channel, sentAt: row.sent_at, calls: row.calls, to: address, parts, link }];
    });
  }
}

/** As stored: a rule that was used up has no times left. */
const Stored = SandboxBehaviour.extend({ rules: z.array(Rule.extend({ times: z.int().min(0).optional() })) });
