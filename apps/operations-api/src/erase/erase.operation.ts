import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { CLOCK, CONFIG, type Clock } from '@touchpoint/host';
import { invalidMessage, type CustomerId } from '@touchpoint/kernel';
import { POOL, type Pool } from '@touchpoint/store';
import { fingerprintOf, masterKeysOf, type MasterKeyConfig, type MasterKeys } from '@touchpoint/vault';
import type { Operation, Outcome, Running } from '../operation.ts';
import { OperatorActs } from '../operator-acts.ts';
import { forgetCustomers } from '../replay/replaced.ts';
import { keepReceipt } from './receipts.ts';
import { behindOf, membersOf, parkedOf, placesOf, requestsOf } from './personal-places.ts';

const Whom = z.strictObject({ customer: z.uuid().describe('Any customer of the set, by its id') });
type Whom = z.infer<typeof Whom>;
/** What was there before the request went out: by then it is gone. */
type Asked = Readonly<{ places: Readonly<Record<string, number>>; parked: number; requests: number; erasedBefore: boolean; at: string }>;

const LOOK_MS = 200;

/**
 * Erases the person behind a customer, the whole set of merged timelines (design §7). The act itself is one record on the log; this counts what there is before, sends
 * it, and waits until everybody has followed. Killed anywhere and run on, it sends the same record: a repeat is dropped.
 */
@Injectable()
export class Erase implements Operation<Whom> {
  readonly name = 'erase';
  readonly says = 'erase the person behind a customer: keys, columns, addresses; nothing is sent any more';
  readonly arguments = Whom;
  readonly #pool: Pool;
  readonly #acts: OperatorActs;
  readonly #clock: Clock;
  readonly #masters: MasterKeys;

  constructor(@Inject(POOL) pool: Pool, @Inject(OperatorActs) acts: OperatorActs, @Inject(CLOCK) clock: Clock, @Inject(CONFIG) config: MasterKeyConfig) {
    [this.#pool, this.#acts, this.#clock, this.#masters] = [pool, acts, clock, masterKeysOf(config)];
  }

  async run({ customer }: Whom, running: Running): Promise<Outcome> {
    const customerId = customer.toLowerCase() as CustomerId;
    const { id, apply, who, why, signal, keep, tell } = running;
    const members = await membersOf(this.#pool, customerId);
    if (members.length === 0) throw invalidMessage('OPERATIONS.NO_CUSTOMER', 'nobody has heard of this customer: give the id that query-api shows');
    let asked = running.resumed as Asked | undefined;
    if (!asked) {
      asked = { places: await placesOf(this.#pool, members), parked: await parkedOf(this.#pool, members), requests: await requestsOf(this.#pool, members), erasedBefore: members.every(({ erased }) => erased), at: new Date(this.#clock.now()).toISOString() };
      await keep(asked, [...members.map((member) => ({ what: 'customer', name: member.customerId, count: 1 })), ...Object.entries(asked.places).map(([name, count]) => ({ what: 'place', name, count }))]);
    }
    const figures = { customer: customerId, customers: members.length, erasedBefore: asked.erasedBefore, parked: asked.parked, ...asked.places };
    if (!apply) return { summary: `${members.length} customers of one set would be erased; what names nobody stays`, figures };

    await this.#acts.append('ErasureRequested', { customerId, requestedBy: who }, [customerId], { id, at: Date.parse(asked.at) });
    for (let behind = await behindOf(this.#pool, members, asked.requests); behind.length > 0; behind = await behindOf(this.#pool, members, asked.requests)) {
      tell({ doing: `waiting for ${behind.join(', ')}`, unit: 'steps', done: 4 - behind.length, total: 4 });
      await sleep(LOOK_MS, undefined, { signal });
    }
    await forgetCustomers(this.#pool, members.map((member) => member.customerId));
    const { signature } = await keepReceipt(this.#pool, this.#masters, {
      kind: 'touchpoint erasure', version: 1, id, customer: customerId, customers: members.map((member) => member.customerId), askedAt: asked.at, completedAt: new Date(this.#clock.now()).toISOString(), by: who, why,
      erasedBefore: asked.erasedBefore, places: asked.places, parked: asked.parked,
    });
    return {
      summary: `${members.length} customers of one set are erased; processes that had a key in memory have forgotten it in 60 s. Receipt ${id}, signed by key ${fingerprintOf(signature.publicKey)}`,
      figures: { ...figures, receipt: id },
    };
  }
}
