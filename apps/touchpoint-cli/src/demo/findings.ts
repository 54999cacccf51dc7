import { query, type Pool } from '@touchpoint/store';

type Counted = Readonly<{ what: string; count: number }>;
export type Findings = Readonly<{
  events: readonly Counted[];
  customers: number;
  decisions: readonly Readonly<{ journey: string; verdict: string; reason: string | null; count: number }>[];
  messages: readonly Readonly<{ channel: string; sent: number; opened: number; clicked: number }>[];
  waiting: Readonly<{ runs: number; firstDueAt: number | null }>;
}>;

const counted = async (pool: Pool, sql: string): Promise<readonly Counted[]> => (await query<{ what: string; count: string }>(pool, sql)).map(({ what, count }) => ({ what, count: Number(count) }));

/** What the read models and the orchestrator hold, in numbers. */
export const readFindings = async (pool: Pool): Promise<Findings> => {
  const [customers] = await query<{ count: string }>(pool, 'select count(*) from profile.activity');
  const [waiting] = await query<{ runs: string; first: string | null }>(pool, 'select count(*) as runs, min(due_at) as first from orchestration.timer');
  return {
    events: await counted(pool, 'select type as what, count(*) from profile.timeline_index group by 1 order by 2 desc, 1'),
    customers: Number(customers!.count),
    decisions: (await query<{ journey: string; verdict: string; reason: string | null; count: string }>(pool, 'select journey_id as journey, verdict, reason, count(*) from profile.messages where verdict is not null group by 1, 2, 3 order by 1, 2, 3')).map(({ count, ...row }) => ({ ...row, count: Number(count) })),
    messages: (await query<{ channel: string; sent: string; opened: string; clicked: string }>(pool, 'select channel, count(sent_at) as sent, count(opened_at) as opened, count(clicked_at) as clicked from profile.messages where channel is not null group by 1 order by 1')).map(({ channel, ...row }) => ({ channel, sent: Number(row.sent), opened: Number(row.opened), clicked: Number(row.clicked) })),
    waiting: { runs: Number(waiting!.runs), firstDueAt: waiting!.first === null ? null : Number(waiting!.first) },
  };
};

export type SentMessage = Readonly<{ commandId: string; customerId: string; channel: string }>;

/** Messages that were sent and not opened yet. */
export const sentUnopened = async (pool: Pool): Promise<readonly SentMessage[]> =>
  (await query<{ command_id: string; customer_id: string; channel: string }>(pool, 'select command_id, customer_id, channel from profile.messages where sent_at is not null and opened_at is null and clicked_at is null order by command_id limit 10000'))
    .map(({ command_id, customer_id, channel }) => ({ commandId: command_id, customerId: customer_id, channel }));

/** How far the read models are behind what was received: 0 when everything has been folded. */
export const eventsFolded = async (pool: Pool): Promise<number> => Number((await query<{ n: string }>(pool, 'select coalesce(sum(events), 0) as n from profile.activity'))[0]!.n);
