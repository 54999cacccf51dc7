import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Decided, Timer } from './emission.ts';
import type { Published } from './published.ts';
import { about, at, consent, device, email, fired, given, historical, message, order, play, publish, told, type Moment } from './testing/given.ts';

const root = new URL('../../../', import.meta.url);
const files = Object.fromEntries(['journeys', 'templates'].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).map((file) => [relative(fileURLToPath(root), file), readFileSync(file, 'utf8')])));
const published = publish(Object.fromEntries(Object.entries(files).filter(([file]) => !file.startsWith('journeys/') || file.includes('reactivation'))));

const reachable = [at('2026-01-01', email('a')), at('2026-01-01', consent('email', true)), at('2026-01-01', consent('push', true)), at('2026-01-01', device('phone'))];
const first = ({ timers }: Decided): Timer => timers.set[0]!;
const last = ({ timers }: Decided): Timer => timers.set.at(-1)!;
const opened = (past: Decided, more: object = {}) => about('MessageOpened', past.commands[0]!.message.data.commandId, null, more);
/** Everything up to the e-mail, each moment built from what was decided before. */
const story = (...moments: readonly (Moment | ((past: Decided) => Moment))[]) =>
  moments.reduce<Moment[]>((told, moment) => [...told, typeof moment === 'function' ? moment(given(published, ...told).past) : moment], []);
const mailed = story(...reachable, at('2026-01-02', order('1')), (past) => fired(last(past)));

describe('no order for 90 days', () => {
  it('begins to count with an order', () => given(published, ...reachable).when(at('2026-01-02', order('1'))).then('enters reactivation', 'timer quiet 2026-04-02'));
  it('counts anew with each order', () => given(published, ...reachable, at('2026-01-02', order('1'))).when(at('2026-02-02', order('2'))).then('leaves reactivation: restarted', 'enters reactivation', 'cancels a timer', 'timer quiet 2026-05-03'));
  it('is not moved by an older order that comes late, nor by one of the same instant', () => given(published, ...reachable, at('2026-02-02', order('2'))).when(at('2026-01-02', order('1'), { received: Date.parse('2026-02-03') }), at('2026-02-02', order('3'))).then());
  it('counts from the order, not from its report', () => given(published).when(at('2026-01-02', order('1'), { received: Date.parse('2026-01-10') })).then('enters reactivation', 'timer quiet 2026-04-02'));
  it('leads to an e-mail with what is known', () => {
    const mail = given(published, ...reachable, at('2026-01-02', order('1'))).when((past) => fired(first(past)));
    mail.then('goes quiet → email', 'sends reactivation-email', 'command email', 'timer opened 2026-04-05');
    expect(mail.outcome.commands[0]!.message.data).toMatchObject({ messageClass: 'marketing', purpose: 'marketing', guarantee: 'atMostOnce', link: 'https://shop.example/new', variables: JSON.stringify({ lastOrderAt: '2026-01-02T00:00:00.000Z', orders: 1 }) });
  });
  it('gives three days to open it from when it went out, however late the timer was', () =>
    given(published, ...reachable, at('2026-01-02', order('1'))).when((past) => fired(first(past), '2026-04-06')).then('goes quiet → email', 'sends reactivation-email', 'command email', 'timer opened 2026-04-09'));
  it('sends no e-mail that is a week late', () =>
    given(published, ...reachable, at('2026-01-02', order('1'))).when((past) => fired(first(past), '2026-04-10')).then('goes quiet → email', 'leaves reactivation: completed', 'holds reactivation-email: expired', 'holds reactivation-push: expired'));
});

describe('when the e-mail went out', () => {
  it('sends a push after 3 days without an open, with a link to a screen of the app', () => {
    const push = given(published, ...mailed).when((past) => fired(last(past)));
    push.then('goes opened → push', 'leaves reactivation: completed', 'sends reactivation-push', 'command push');
    expect(push.outcome.commands[0]!.message.data).toMatchObject({ channel: 'push', link: 'shopapp://screens/new' });
  });
  it('ends when it is opened', () => given(published, ...mailed).when((past) => at('2026-04-03', opened(past))).then('goes opened → reached', 'leaves reactivation: opened', 'cancels a timer'));
  it('ends when it is clicked', () => given(published, ...mailed).when((past) => at('2026-04-03', about('MessageClicked', past.commands[0]!.message.data.commandId))).then('goes opened → reached', 'leaves reactivation: opened', 'cancels a timer'));
  it('does not take a machine for a person', () => given(published, ...mailed).when((past) => at('2026-04-03', opened(past, { automatic: true }))).then());
  it('does not take another message for it', () => given(published, ...mailed).when(at('2026-04-03', about('MessageOpened', 'another')), at('2026-04-03', about('MessageOpened', null))).then());
  it('does not take an open from history for one', () => given(published, ...mailed).when((past) => historical('2026-04-03', '2026-04-04', opened(past))).then());
  it('sends nothing more when an order comes', () => given(published, ...mailed).when(at('2026-04-03', order('2'))).then('leaves reactivation: restarted', 'enters reactivation', 'cancels a timer', 'timer quiet 2026-07-02'));
  it('decides nothing when the first timer fires again, or the second after the open', () => {
    given(published, ...mailed).when((past) => fired(first(past))).then();
    given(published, ...story(...mailed, (past) => at('2026-04-03', opened(past)))).when((past) => fired(last(past))).then();
  });
});

describe('when the customer may not be contacted', () => {
  const quiet = (...known: readonly Moment[]) => given(published, ...known, at('2026-01-02', order('1'))).when((past) => fired(last(past)));
  it('goes on to the push at once, and holds that too, without consent', () =>
    quiet(at('2026-01-01', email('a')), at('2026-01-01', device('phone'))).then('goes quiet → email', 'leaves reactivation: completed', 'holds reactivation-email: no consent', 'holds reactivation-push: no consent'));
  it('pushes where only the push is agreed to', () =>
    quiet(at('2026-01-01', email('a')), at('2026-01-01', device('phone')), at('2026-01-01', consent('push', true))).then('goes quiet → email', 'leaves reactivation: completed', 'holds reactivation-email: no consent', 'sends reactivation-push', 'command push'));
  it('holds what was agreed to and taken back', () =>
    quiet(...reachable, at('2026-01-03', message('Unsubscribed', { channel: 'email' })), at('2026-01-03', message('DeviceRemoved', { deviceKey: device('phone').data.deviceKey }))).then('goes quiet → email', 'leaves reactivation: completed', 'holds reactivation-email: withdrawn', 'holds reactivation-push: no contact point'));
});

describe('history', () => {
  it('starts no timer that would have been due before the import', () => given(published, ...reachable).when(historical('2025-01-01', '2026-01-02', order('1')), historical('2025-10-04', '2026-01-02', order('2'))).then());
  it('starts none that would be due after it either', () => given(published, ...reachable).when(historical('2026-01-01', '2026-01-02', order('1'))).then());
  it('is counted all the same', () => expect(given(published, historical('2025-01-01', '2026-01-02', order('1'))).past.state.own.measures).toEqual({ 'orders.count': 1, 'orders.firstAt': Date.parse('2025-01-01'), 'orders.lastAt': Date.parse('2025-01-01') }));
  it('ends what an older order began', () => {
    given(published, ...reachable, at('2026-01-02', order('1'))).when(historical('2026-02-01', '2026-02-02', order('2'))).then('leaves reactivation: restarted', 'cancels a timer');
    given(published, ...mailed).when(historical('2026-01-03', '2026-04-04', order('2'))).then('leaves reactivation: restarted', 'cancels a timer');
  });
  it('does not touch what a newer order began', () => given(published, ...reachable, at('2026-02-02', order('2'))).when(historical('2026-01-03', '2026-02-03', order('1'))).then());
  it('sends nothing by a timer that says it comes from it', () => given(published, ...reachable, at('2026-01-02', order('1'))).when((past) => fired({ ...first(past), historical: true })).then('leaves reactivation: historical'));
});

describe('when the set changes', () => {
  const changed = (from: string, to: string) => publish(Object.fromEntries(Object.entries(files).filter(([file]) => file !== 'journeys/order-confirmation.json').map(([file, text]) => [file, text.replaceAll(from, to)])), 2);
  const waiting = given(published, ...reachable, at('2026-01-02', order('1'))).past;
  const then = (next: Published, moment: Moment) => told(play(next, [moment], waiting.state));

  it('goes on under the set in force where its step is still there', () => expect(then(changed('P3D', 'P5D'), fired(first(waiting)))).toEqual(['goes quiet → email', 'sends reactivation-email', 'command email', 'timer opened 2026-04-07']));
  it('ends where its step is gone', () => expect(then(changed('"quiet"', '"silence"'), fired(first(waiting)))).toEqual(['leaves reactivation: unpublished']));
  it('ends where its journey is gone', () => expect(then(publish({}, 2), fired(first(waiting)))).toEqual(['leaves reactivation: unpublished']));
});
