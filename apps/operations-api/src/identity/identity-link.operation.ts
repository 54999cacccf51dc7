import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { invalidMessage, type CustomerId } from '@touchpoint/kernel';
import type { CustomerSet } from '@touchpoint/identity';
import type { Operation, Outcome, Running } from '../operation.ts';
import { IdentityQuery, rootOf } from './identity.query.ts';
import { OperatorActs } from '../operator-acts.ts';

const Two = z.strictObject({ a: z.uuid(), b: z.uuid() });
type Two = z.infer<typeof Two>;

/** Makes two customers one, whoever they were merged with before: an explicit alias by an operator, on the log. */
@Injectable()
export class IdentityLink implements Operation<Two> {
  readonly name = 'identity-link';
  readonly says = 'make two customers one, as an alias does';
  readonly arguments = Two;
  readonly exclusive = 'identity';
  readonly #identity: IdentityQuery;
  readonly #acts: OperatorActs;

  constructor(@Inject(IdentityQuery) identity: IdentityQuery, @Inject(OperatorActs) acts: OperatorActs) {
    [this.#identity, this.#acts] = [identity, acts];
  }

  async run({ a, b }: Two, running: Running): Promise<Outcome> {
    const sets = await Promise.all([a, b].map((id) => this.#known(id)));
    const roots = sets.map((set) => set.customers.find(({ survivorId }) => survivorId === null)!);
    const [survivor, absorbed] = roots.toSorted((one, other) => one.createdAt - other.createdAt || (one.customerId < other.customerId ? -1 : 1)).map(({ customerId }) => customerId) as [CustomerId, CustomerId];
    const figures = { survivor, absorbed: survivor === absorbed ? null : absorbed };
    if (survivor === absorbed) return { summary: `They are one customer already: ${survivor}`, figures };
    if (roots.some(({ erased }) => erased)) throw invalidMessage('OPERATIONS.ERASED', 'The person behind one of them was erased: it joins no other any more');
    const what = `${absorbed} with its ${plural(sets.find((set) => rootOf(set) === absorbed)!.links.length, 'source')} becomes a part of ${survivor}`;
    if (!running.apply) return { summary: `If applied, ${what}; identity split ${survivor} ${absorbed} undoes it`, figures };
    const done = await this.#acts.publish('LinkRequested', { requestedBy: running.who }, [a, b] as CustomerId[], running, async () => rootOf(await this.#identity.set(a)) === rootOf(await this.#identity.set(b)));
    return { summary: done ? `Done: ${what}; identity split ${survivor} ${absorbed} undoes it` : `It is on the log, and identity-resolver has not come to it yet: ${what}, once it does`, figures: { ...figures, done } };
  }

  async #known(id: string): Promise<CustomerSet> {
    const set = await this.#identity.set(id);
    if (set.customers.length === 0) throw invalidMessage('OPERATIONS.NO_CUSTOMER', `There is no customer ${id}`);
    return set;
  }
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
