import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TimelineEvent } from '@touchpoint/contracts';
import { DAY, HOUR, type CustomerId } from '@touchpoint/kernel';
import type { Series } from '@touchpoint/measures';
import { decide } from './decide.ts';
import { foldHistories } from './history.ts';
import type { Input } from './input.ts';
import { NOTHING_FILLED, type Filled } from './part.ts';
import type { Published } from './published.ts';
import { emptyState, partsOf, type CustomerState } from './state.ts';
import { customer, inputOf, message, order, publish } from './testing/given.ts';

const segment = (id: string, when: object) => ({ [`segments/${id}.json`]: JSON.stringify({ id, version: 1, name: id, when }) });
const asked = {
  ...segment('often', { did: { event: 'OrderCompleted', within: 'P30D' }, atLeast: 3 }),
  ...segment('looked', { did: { event: 'ProductViewed' }, atLeast: 2 }),
  ...segment('gold', { trait: 'plan', equals: 'gold' }),
};
const [nothing, set] = [publish({}, 1), publish(asked, 2)];
const [a, b] = [customer('a'), customer('b')];

type Op = Readonly<{ what: number; of: boolean; hours: number; pick: number }>;
const ops = fc.array(fc.record({ what: fc.nat(6), of: fc.boolean(), hours: fc.nat(100), pick: fc.nat(3) }), { maxLength: 30, size: 'max' });

/** Two customers, each with a timeline of its own; b becomes a part of a, and stands alone again. */
class World {
  readonly inputs = new Map<CustomerId, Input[]>([[a, []], [b, []]]);
  readonly #states = new Map<CustomerId, CustomerState>([[a, emptyState], [b, emptyState]]);
  #merged = false;
  #now = Date.parse('2026-01-01');

  stateOf(who: CustomerId): CustomerState {
    return this.#states.get(who)!;
  }

  take(who: CustomerId, event: TimelineEvent, published: Published): void {
    const input = inputOf({ at: this.#now, message: event }, this.inputs.get(who)!.length, who);
    this.inputs.get(who)!.push(input);
    const { state, facts } = decide(this.stateOf(who), input, published);
    this.#states.set(who, state);
    // What it says to the other is on that one's timeline behind it.
    for (const { customerId, message: fact } of facts) if (customerId !== who) this.take(customerId, fact, published);
  }

  live({ what, of, hours, pick }: Op, published: Published): void {
    this.#now += hours * HOUR;
    const who = of ? a : b;
    if (what < 2) this.take(who, order(`${pick}`), published);
    else if (what < 4) this.take(who, message('ProductViewed', {}), published);
    else if (what === 4) this.take(who, message('TraitsSet', { traits: JSON.stringify({ plan: pick % 2 ? 'gold' : 'basic' }) }), published);
    else if (what === 5 && !this.#merged) {
      this.#merged = true;
      this.take(b, message('CustomerAbsorbed', { customerId: b, survivorId: a }), published);
      this.take(a, message('CustomerMerged', { customerId: a, absorbedId: b }), published);
    } else if (what === 6 && this.#merged && pick === 0) {
      this.#merged = false;
      this.take(a, message('CustomerSplit', { customerId: a, memberId: b }), published);
      this.take(b, message('CustomerSplit', { customerId: a, memberId: b }), published);
    }
  }

  /** What is kept for the set's conditions of each, however it came there. */
  kept(): unknown {
    // What no window reaches any more goes when the next event is counted.
    const reached = ({ recent, ...all }: Series): unknown => ({ ...all, ...(recent && { recent: recent.filter(([at]) => at >= all.last - 30 * DAY) }) });
    const of = (filled: Filled) => ({ series: Object.entries(filled.series).map(([key, series]) => [key, reached(series)] as const).sort(([x], [y]) => (x < y ? -1 : 1)), traits: Object.entries(filled.traits).sort(([x], [y]) => (x < y ? -1 : 1)) });
    return [a, b].map((who) => (this.stateOf(who).absorbed ? 'absorbed' : partsOf(this.stateOf(who)).map(of)));
  }
}

describe('what new measures come to', () => {
  it('is the same, whether they were there from the beginning or were filled from history, whoever was merged and split meanwhile', () =>
    fc.assert(fc.property(ops, fc.nat(30), fc.nat(30), (all, published, filled) => {
      const [always, later] = [new World(), new World()];
      const histories = new Map<CustomerId, Filled>();
      const [from, fill] = [Math.min(published, all.length), Math.min(published + filled, all.length)];
      all.forEach((op, i) => {
        if (i === from) snapshot();
        if (i === fill) tell();
        always.live(op, set);
        later.live(op, i < from ? nothing : set);
      });
      if (from === all.length) snapshot();
      if (fill === all.length) tell();
      expect(later.kept()).toEqual(always.kept());

      function snapshot(): void {
        for (const [who, history] of foldHistories(new Map(), [...later.inputs].flatMap(([, inputs]) => inputs), () => [set])) histories.set(who, history);
      }
      function tell(): void {
        for (const who of [a, b]) if (histories.has(who)) later.take(who, message('HistoryFilled', { setNumber: 2, filled: JSON.stringify(histories.get(who) ?? NOTHING_FILLED) }), set);
      }
    }), { numRuns: 300 }));
});
