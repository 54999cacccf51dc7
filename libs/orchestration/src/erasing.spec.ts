import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { TimelineEvent } from '@touchpoint/contracts';
import { DAY, type Instant } from '@touchpoint/kernel';
import { measured } from './measures.ts';
import { partsOf, parseState, serialiseState } from './state.ts';
import { at, consent, customer, device, email, fired, message, order, play, publish, told } from './testing/given.ts';

const root = new URL('../../../', import.meta.url);
const files = Object.fromEntries(['journeys', 'templates'].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).map((file) => [relative(fileURLToPath(root), file), readFileSync(file, 'utf8')])));
const published = publish(files);
const day = (n: number): Instant => Date.parse('2026-01-01') + n * DAY;
const gone = message('CustomerErased', { customerId: customer('a') });

describe('a customer who is erased', () => {
  const known = play(published, [at(day(0), email('a')), at(day(0), device('d')), at(day(0), consent('email', true)), at(day(1), order('1'))]);
  const erased = play(published, [at(day(2), gone)], known.state);
  it('leaves every journey, and its timers go', () => expect(told(erased)).toEqual(['leaves reactivation: erased', 'cancels a timer']));
  it('has no address any more, and keeps what names nobody', () => {
    expect(serialiseState(known.state)).toContain('"address"');
    expect(serialiseState(erased.state)).not.toContain('"address"');
    expect(measured(partsOf(erased.state).map(({ measures }) => measures), 'orders.count')).toBe(1);
    expect(parseState(serialiseState(erased.state))).toEqual(erased.state);
  });
  it('is counted for, decided on no more, and not reached by what comes late', () => {
    const after = play(published, [at(day(3), order('2')), at(day(3), email('late')), at(day(3), device('late')), fired(known.timers.set.at(-1)!)], erased.state);
    expect(told(after)).toEqual([]);
    expect(serialiseState(after.state)).not.toContain('"address"');
    expect(measured(partsOf(after.state).map(({ measures }) => measures), 'orders.count')).toBe(2);
  });
  it('is erased once', () => expect(told(play(published, [at(day(3), gone)], erased.state))).toEqual([]));
  it('takes no address and no journey from a hand-over that was under way', () => {
    const member = play(published, [at(day(0), email('b')), at(day(1), order('1')), at(day(2), message('CustomerAbsorbed', { customerId: customer('b'), survivorId: customer('a'), by: 'alias' }))], undefined, customer('b'));
    const hand = member.facts.find(({ message: { type } }) => type === 'CustomerHandedOver')!;
    const after = play(published, [at(day(3), message('CustomerMerged', { customerId: customer('a'), absorbedId: customer('b'), by: 'alias' })), at(day(3), hand.message as TimelineEvent)], erased.state);
    expect(told(after)).toEqual([]);
    expect(serialiseState(after.state)).not.toContain('"address"');
    expect(after.state.pending).toEqual({});
  });
});
