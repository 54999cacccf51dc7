import { describe, expect, it } from '@jest/globals';
import type { JourneysMoved } from '@touchpoint/contracts';
import type { ExitEvent, JourneyDocument, Reentry, SendStep, Step } from '@touchpoint/journeys';
import { DAY, parseDecimal, type Decimal } from '@touchpoint/kernel';
import type { Decided } from './emission.ts';
import { ENGINE_VERSION, publishedOf } from './published.ts';
import { MAX_KEYS, MAX_RUNS } from './state.ts';
import { about, at, device, email, fired, given, historical, message, order, told, type Moment } from './testing/given.ts';

const templates = [{ id: 'note', channel: 'email', name: 'Note', variables: { x: { doc: '', example: 1 }, y: { doc: '', example: 1, optional: true } }, parts: { subject: '', html: '', text: '' } }];
const publishing = (steps: readonly Step[], reentry: Reentry = { rule: 'always' }, exitOn: readonly ExitEvent[] = [], entry: JourneyDocument['entry'] = { event: 'OrderCompleted' }) =>
  publishedOf({ setNumber: 1, engineVersion: ENGINE_VERSION, journeys: JSON.stringify([{ id: 'j', version: 1, name: 'J', goal: 'g', entry, reentry, exitOn, steps } satisfies JourneyDocument]), templates: JSON.stringify(templates), segments: '[]', measures: null });
const send = (id: string, next: string, more: Partial<SendStep> = {}): Step => ({ id, type: 'send', channel: 'email', template: 'note', class: 'transactional', guarantee: 'atLeastOnce', notAfter: 'P2D', variables: { x: { value: 1 } }, next, ...more });
const end: Step = { id: 'end', type: 'exit' };
const known = at(0, email('a'));
const first = ({ timers }: Decided) => timers.set[0]!;
const variablesOf = (decided: Decided) => decided.commands.map((command) => JSON.parse(command.message.data.variables) as unknown);

describe('a branch', () => {
  const published = publishing([
    { id: 'big', type: 'branch', if: { all: [{ event: 'total', atLeast: '50' }, { measure: 'orders.count', atLeast: 2 }] }, then: 'mail', else: 'end' },
    send('mail', 'end'),
    end,
  ]);
  it.each([['49.99', false], ['50', true]])('goes by the order and by what was counted with it (%s)', (total, big) => {
    const decided = given(published, known, at(DAY, order('1'))).when(at(2 * DAY, order('2', { total: parseDecimal(total)! })));
    decided.then('enters j', `goes big → ${big ? 'mail' : 'end'}`, 'leaves j: completed', ...(big ? ['sends note'] : []), ...(big ? ['command email, urgent'] : []));
    const { moves } = decided.outcome.facts[0]!.message.data as JourneysMoved['data'];
    expect(JSON.parse(moves[1]!.why!)).toEqual({ if: { all: [{ look: 'event total', saw: total, want: { atLeast: '50' }, holds: big }, { look: 'measure orders.count', saw: 2, want: { atLeast: 2 }, holds: true }], holds: big } });
  });
  it('still sees the order after a wait', () => {
    const later = publishing([
      { id: 'wait', type: 'wait', for: 'P1D', next: 'big' },
      { id: 'big', type: 'branch', if: { event: 'total', moreThan: '9.9' }, then: 'mail', else: 'end' },
      send('mail', 'end', { variables: { x: { event: 'total' }, y: { event: 'coupon' } } }),
      end,
    ]);
    const decided = given(later, known, at(DAY, order('1', { total: parseDecimal('9.91')! }))).when((past) => fired(first(past)));
    decided.then('goes wait → big', 'goes big → mail', 'leaves j: completed', 'sends note', 'command email, urgent');
    expect(variablesOf(decided.outcome)).toEqual([{ x: '9.91', y: null }]);
  });
});

describe('an entry', () => {
  it('asks its condition of the event and of the customer', () => {
    const published = publishing([{ id: 'wait', type: 'wait', for: 'P1D', next: 'end' }, end], { rule: 'always' }, [], { event: 'Tracked', where: { all: [{ event: 'properties.level', atLeast: 3 }, { event: 'name', equals: 'Level Up' }, { reachable: 'push' }] } });
    const up = (level: number) => message('Tracked', { name: 'Level Up', properties: JSON.stringify({ level }) });
    given(published).when(at(0, up(3))).then();
    given(published, at(0, device('d'))).when(at(1, up(2)), at(2, message('Tracked', { name: 'Level Up', properties: 'no JSON' }))).then();
    given(published, at(0, device('d'))).when(at(0, up(3))).then('enters j', 'timer wait 1970-01-02');
  });
  it('once per value remembers the last values', () => {
    const published = publishing([send('mail', 'end'), end], { rule: 'oncePer', key: 'orderId' });
    const orders = Array.from({ length: MAX_KEYS }, (_, i) => at(i, order(`${i}`)));
    expect(given(published, known, ...orders).when(at(99, order('0')), at(99, order(`${MAX_KEYS - 1}`))).outcome.commands).toEqual([]);
    expect(given(published, known, ...orders, at(98, order('more'))).when(at(99, order('0'))).outcome.commands).toHaveLength(1);
  });
  it('starts no more runs than can rest, and says so', () => {
    const published = publishing([{ id: 'wait', type: 'wait', for: 'P1D', next: 'end' }, end]);
    given(published, ...Array.from({ length: MAX_RUNS }, (_, i) => at(i, order(`${i}`)))).when(at(99, order('x'))).then('enters j', 'leaves j: too many runs');
  });
  it('from history starts nothing, whatever its steps begin with', () => {
    const published = publishing([{ id: 'wait', type: 'wait', for: 'P3D', next: 'mail' }, send('mail', 'end'), end]);
    given(published, known).when(historical(DAY, 3 * DAY, order('1'))).then();
  });
});

describe('an exit event', () => {
  const waiting: readonly Step[] = [{ id: 'wait', type: 'wait', for: 'P30D', next: 'end' }, end];
  it('ends the runs it is about, if it happened after their entry', () => {
    const published = publishing(waiting, { rule: 'always' }, [{ event: 'OrderCancelled', same: 'orderId' }]);
    const cancelled = (orderId: string | null) => message('OrderCancelled', { orderId });
    given(published, at(DAY, order('1')), at(DAY, order('2'))).when(at(2 * DAY, cancelled('1'))).then('leaves j: exit event', 'cancels a timer');
    given(published, at(DAY, order('1'))).when(at(2 * DAY, cancelled('3')), at(2 * DAY, cancelled(null)), at(0, cancelled('1'))).then();
  });
  it('asks its condition', () => {
    const published = publishing(waiting, { rule: 'always' }, [{ event: 'OrderRefunded', where: { event: 'whole', equals: true } }]);
    given(published, at(DAY, order('1'))).when(at(2 * DAY, message('OrderRefunded', { whole: false }))).then();
    given(published, at(DAY, order('1'))).when(at(2 * DAY, message('OrderRefunded', { whole: true }))).then('leaves j: exit event', 'cancels a timer');
  });
  it('may be history: that only ends', () => given(publishing(waiting, { rule: 'always' }, [{ event: 'OrderRefunded' }]), at(DAY, order('1'))).when(historical(2 * DAY, 3 * DAY, message('OrderRefunded', {}))).then('leaves j: exit event', 'cancels a timer'));
});

describe('waiting for an event', () => {
  it('takes one with the same value, that happened since', () => {
    const published = publishing([{ id: 'sent', type: 'waitFor', events: ['Tracked', 'OrderRefunded'], same: 'orderId', within: 'P9D', then: 'mail', else: 'end' }, send('mail', 'end'), end]);
    const refund = (orderId: string) => message('OrderRefunded', { orderId });
    given(published, known, at(2 * DAY, order('1'))).when(at(3 * DAY, refund('2')), at(DAY, refund('1'))).then();
    given(published, known, at(2 * DAY, order('1'))).when(at(3 * DAY, refund('1'))).then('goes sent → mail', 'leaves j: completed', 'sends note', 'command email, urgent', 'cancels a timer');
    given(published, known, at(2 * DAY, order('1'))).when((past) => fired(first(past))).then('goes sent → end', 'leaves j: completed');
  });
});

describe('a circle', () => {
  const published = publishing([send('mail', 'wait'), { id: 'wait', type: 'waitFor', events: ['MessageOpened'], of: 'mail', within: 'P1D', then: 'end', else: 'mail' }, end]);
  it('sends each time with another command and another timer, and waits for the last', () => {
    const start = given(published, known, at(DAY, order('1'))).past;
    const second = given(published, known, at(DAY, order('1'))).when(fired(first(start))).outcome;
    expect(told(second)).toEqual(['goes wait → mail', 'sends note', 'command email, urgent', 'timer wait 1970-01-04']);
    const ids = [start, second].flatMap(({ commands, timers }) => [commands[0]!.message.data.commandId, timers.set[0]!.timerId]);
    expect(new Set(ids).size).toBe(4);
    const both: Moment[] = [known, at(DAY, order('1')), fired(first(start))];
    given(published, ...both).when(at(2 * DAY, about('MessageOpened', ids[0]!))).then();
    given(published, ...both).when(at(2 * DAY, about('MessageOpened', ids[2]!))).then('goes wait → end', 'leaves j: completed', 'cancels a timer');
  });
});

describe('a message that cannot be made', () => {
  it.each<[string, Partial<SendStep>, string]>([
    ['a variable is not there', { variables: { x: { event: 'coupon' } } }, 'variable missing'],
    ['a measure is not there', { variables: { x: { measure: 'app.lastOpenedAt' } } }, 'variable missing'],
    ['its template is not', { template: 'gone' }, 'unknown template'],
    ['its variables are too large', { variables: { x: { event: 'properties.huge' } } }, 'variables too large'],
  ])('is held when %s', (_, more, reason) =>
    given(publishing([send('mail', 'end', more), end]), known).when(at(DAY, order('1', { properties: JSON.stringify({ huge: 'x'.repeat(70_000) }) }))).then('enters j', 'leaves j: completed', `holds ${more.template ?? 'note'}: ${reason}`));
  it('is held when what it needs was too large to keep, and the rest is kept', () => {
    const published = publishing([{ id: 'wait', type: 'wait', for: 'P1D', next: 'mail' }, send('mail', 'two', { variables: { x: { event: 'properties.huge' } } }), send('two', 'end', { variables: { x: { event: 'orderId' } } }), end]);
    given(published, known, at(0, order('1', { properties: JSON.stringify({ huge: 'x'.repeat(5_000) }) }))).when((past) => fired(first(past))).then('goes wait → mail', 'leaves j: completed', 'holds note: variable missing', 'sends note', 'command email, urgent');
  });
  it('carries lists as plain JSON without anything sealed', () => {
    const lines = [{ productId: 'P', quantity: 1_500_000n as Decimal, price: null, name: 'N' }];
    const decided = given(publishing([send('mail', 'end', { variables: { x: { event: 'lines' } } }), end]), known).when(at(DAY, order('1', { lines: lines as never })));
    expect(variablesOf(decided.outcome)).toEqual([{ x: [{ productId: 'P', quantity: '1.5', price: null, name: 'N' }] }]);
  });
});
