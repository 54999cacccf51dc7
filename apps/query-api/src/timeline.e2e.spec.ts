import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { customerIdOf, partitionOf, type CustomerId } from '@touchpoint/kernel';
import { META, TOPICS, TYPE } from '@touchpoint/log';
import { messages as messagesSchema, timeline as timelineSchema } from './http/answers.schema.ts';
import { startQuery, type Query } from './query.fixture.ts';

let query: Query;
beforeAll(async () => { query = await startQuery(); });
afterAll(() => query.end());

const AT = Date.UTC(2026, 2, 14, 12);
type Entry = { type: string; messageId: string; occurredAt: string; problem: string | null; data: Record<string, unknown> };
type Page = { entries: Entry[]; next: string | null; freshness: { seconds: number; profileProjector: number; identityResolver: number; parked: number; asOf: string } };
const idOf = (user: string) => customerIdOf(query.keyOf('user', user));
const visit = (user: string, at: number, messageId?: string) => query.publish('StoreVisited', { storeId: 'zurich' }, { sources: [['user', user]], at, ...(messageId !== undefined && { messageId }) });
const page = async (path: string): Promise<Page> => {
  const answer = await query.get(path);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer.body as unknown as Page;
};
const visits = (path: string, what: string, fits: (seen: Page) => boolean) => query.seen(path, what, (body) => fits(body as unknown as Page)) as unknown as Promise<Page>;

describe('pages of a timeline', () => {
  it('repeat nothing and leave nothing out while events arrive, late ones too', async () => {
    const first = await Promise.all(Array.from({ length: 25 }, (_, i) => visit('ada', AT + Math.floor(i / 3))));
    const path = `/v1/customers/${idOf('ada')}/timeline`;
    await visits(`${path}?limit=100`, '26 entries', ({ entries }) => entries.length === 26);
    const seen: Entry[] = [];
    let next: string | null = '';
    for (let i = 0; next !== null; i += 1) {
      const got: Page = await page(`${path}?limit=7&type=StoreVisited${next && `&before=${next}`}`);
      expect(timelineSchema.safeParse(got).error?.issues).toBeUndefined();
      seen.push(...got.entries);
      next = got.next;
      if (i > 2) continue;
      // One that is newer than all, and one that is older than all.
      await visit('ada', AT + 100_000 + i);
      await visit('ada', AT - 100_000 - i);
      await visits(`${path}?limit=100`, 'the new ones', ({ entries }) => entries.length === 28 + 2 * i);
    }
    const ids = seen.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(first.filter((id) => !ids.includes(id))).toEqual([]);
    const times = seen.map(({ occurredAt }) => occurredAt);
    expect(times).toEqual(times.toSorted().reverse());
    expect(times.at(-1)).toBe(new Date(AT - 100_002).toISOString());
  });

  it('end early where events are large, and go on from there', async () => {
    const large = JSON.stringify({ text: 'x'.repeat(700_000) });
    for (let i = 0; i < 4; i += 1) await query.publish('Tracked', { name: 'Large', properties: large }, { sources: [['user', 'large']], at: AT + i });
    const path = `/v1/customers/${idOf('large')}/timeline?type=Tracked`;
    await query.seen(`/v1/customers/${idOf('large')}`, 'the large ones', (body) => (body['activity'] as { events: number }).events === 4);
    const begin = await page(`${path}&limit=4`);
    const rest = await page(`${path}&limit=4&before=${begin.next}`);
    expect([begin.entries.length, rest.entries.length, rest.next]).toEqual([2, 2, null]);
  });

  it('keep the place of an event that cannot be read, with the reason', async () => {
    await visit('torn', AT);
    const path = `/v1/customers/${idOf('torn')}/timeline`;
    await visits(path, 'torn', ({ entries }) => entries.length === 2);
    // As if the log had lost it, and as if a newer build had written it.
    await query.system.pool.query('insert into profile.timeline_index_v1 (customer_id, first_offset, partition, "offset", type, occurred_at) values ($1, 1000000, $2, array[1000000], array[$3], array[now()])', [idOf('torn'), partitionOf(idOf('torn'), query.system.partitions), 'StoreVisited']);
    await query.system.pool.query(`update profile.timeline_index_v1 set type = array_replace(type, 'StoreVisited', 'FutureThing') where customer_id = $1 and first_offset < 1000000`, [idOf('torn')]);
    expect((await page(path)).entries).toMatchObject([{ problem: 'LOG.GONE', data: null, messageId: null }, { type: 'FutureThing', problem: 'LOG.UNKNOWN_TYPE', data: null, publisher: 'shop' }, { type: 'IdentitiesLinked', problem: null }]);
  });
});

describe('messages', () => {
  const command = (n: number) => `7f3b0c1a-5d7e-5a0b-8c55-${n.toString(16).padStart(12, '0')}`;
  const runId = 'c2a4e6f8-1b3d-5f70-9a2c-4e6f8a0c2e46';
  const decided = (customerId: CustomerId, n: number, verdict: 'send' | 'hold', reason: string | null = null) =>
    query.append(customerId, 'MessageDecided', {
      commandId: command(n), runId, journeyId: 'order-confirmation', stepId: 'confirm', verdict, reason, channel: 'email', templateId: 'confirmation', messageClass: 'transactional', setNumber: 3, causeOffset: 1, why: '{"consent":"not needed"}',
    }, { occurredAt: AT + n, causationId: `cause-${n}` });
  const about = (n: number) => ({ channel: 'email' as const, commandId: command(n), journeyId: 'order-confirmation', provider: 'sandbox' });
  const path = (user: string) => `/v1/customers/${idOf(user)}/messages`;

  it('stand with their decision and what became of them, once, even over merged timelines', async () => {
    await visit('ben', AT - 10);
    await visit('benjamin', AT);
    for (const n of [1, 2, 3]) await decided(idOf('benjamin'), n, n === 2 ? 'hold' : 'send', n === 2 ? 'capped' : null);
    await query.publish('TraitsSet', { removed: [], personal: [] }, { sources: [['user', 'ben'], ['user', 'benjamin']], link: 'alias', at: AT + 50 });
    // Its outcome comes to the survivor, whose timeline holds no decision of it.
    await query.publish('MessageSent', { message: about(1), attempt: 1 }, { sources: [['user', 'ben']], at: AT + 60 });
    await query.publish('MessageOpened', { message: about(1) }, { sources: [['user', 'ben']], at: AT + 70 });
    const body = await query.seen(path('benjamin'), 'three messages', (seen) => (seen['messages'] as { status: string }[]).map(({ status }) => status).join() === 'pending,held,opened');
    expect(messagesSchema.safeParse(body).error?.issues).toBeUndefined();
    expect(body).toMatchObject({
      customerId: idOf('ben'), requested: { absorbed: true }, next: null,
      messages: [
        { commandId: command(3), status: 'pending' },
        { commandId: command(2), status: 'held', decision: { verdict: 'hold', reason: 'capped', why: { consent: 'not needed' } } },
        {
          commandId: command(1), status: 'opened', channel: 'email', templateId: 'confirmation',
          decision: { at: new Date(AT + 1).toISOString(), verdict: 'send', reason: null, journeyId: 'order-confirmation', runId, stepId: 'confirm', setNumber: 3, cause: { messageId: 'cause-1', position: { partition: partitionOf(idOf('benjamin'), query.system.partitions), offset: 1 } } },
          outcomes: { sentAt: new Date(AT + 60).toISOString(), openedAt: new Date(AT + 70).toISOString(), clickedAt: null },
        },
      ],
    });
    const { body: customer } = await query.get(`/v1/customers/${idOf('ben')}`);
    expect(customer['messages']).toMatchObject({ total: 3, pending: 1, held: 1, opened: 1, sent: 0 });
    const { body: first } = await query.get(`${path('ben')}?limit=2`);
    const { body: second } = await query.get(`${path('ben')}?limit=2&before=${first['next']}`);
    expect([...(first['messages'] as object[]), ...(second['messages'] as object[])]).toEqual(body['messages']);
    expect(second['next']).toBeNull();
  });

  it('are facts on the timeline too, with their cause', async () => {
    const { entries } = await page(`/v1/customers/${idOf('ben')}/timeline?type=MessageDecided&limit=1`);
    expect(entries).toMatchObject([{ publisher: 'channel-orchestrator', cause: { messageId: 'cause-3', position: { offset: 1 } }, data: { why: { consent: 'not needed' }, reason: null } }]);
  });
});

describe('freshness', () => {
  const path = () => `/v1/customers/${idOf('cyd')}/timeline`;
  it('is 0 once everything was read', async () => {
    await visit('cyd', AT);
    const { freshness } = await visits(path(), 'all of it', (seen) => seen.entries.length === 2 && seen.freshness.seconds === 0);
    expect(freshness).toMatchObject({ profileProjector: 0, identityResolver: 0, parked: 0 });
  });

  it('is the age of the oldest event that waits, while the projector stands still', async () => {
    query.projector.kill('SIGSTOP');
    const before = Date.now();
    await visit('cyd', AT + 1);
    const { freshness } = await visits(path(), 'a lag of more than two seconds', (seen) => seen.freshness.profileProjector > 2);
    expect(freshness.seconds).toBeLessThanOrEqual((Date.now() - before) / 1000 + 0.5);
    expect(Date.parse(freshness.asOf)).toBeGreaterThan(before - 1_000);
    const other = Array.from({ length: 50 }, (_, i) => `u${i}`).find((user) => partitionOf(idOf(user), query.system.partitions) !== partitionOf(idOf('cyd'), query.system.partitions))!;
    expect(other).toBeDefined();
    const unknown = await query.get(`/v1/customers/${idOf(other)}`);
    expect([unknown.status, Number(unknown.headers.get('x-freshness-seconds'))]).toEqual([404, 0]);
    query.projector.kill('SIGCONT');
    await visits(path(), 'the event, and no lag', (seen) => seen.entries.length === 3 && seen.freshness.seconds === 0);
  });

  it('tells of events that were set aside', async () => {
    const meta = (await query.system.readAll(TOPICS.timeline)).find(({ key }) => key === idOf('cyd'))!.headers[META]!;
    const headers = { [META]: meta, [TYPE]: Buffer.from('OrderCompleted'), origin: Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]), Buffer.from('poison.1/x/0/1')]) };
    await query.system.appender.append([{ topic: query.system.prefix + TOPICS.timeline, partition: partitionOf(idOf('cyd'), query.system.partitions), key: idOf('cyd'), value: Buffer.from([0, 0, 0, 0, 1, 255]), headers }]);
    const { freshness } = await visits(path(), 'one parked', (seen) => seen.freshness.parked === 1);
    expect(freshness).toMatchObject({ parked: 1 });
  });
});
