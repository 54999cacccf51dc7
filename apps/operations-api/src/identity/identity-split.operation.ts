import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { invalidMessage, type CustomerId } from '@touchpoint/kernel';
import { split } from '@touchpoint/identity';
import type { Operation, Outcome, Running } from '../operation.ts';
import { IdentityQuery, rootOf } from './identity.query.ts';
import { OperatorActs, PUBLISHER } from '../operator-acts.ts';

const Members = z.strictObject({ survivor: z.uuid(), member: z.uuid() });
type Members = z.infer<typeof Members>;

/** Takes a member out of a customer again, with what it had absorbed itself before. From then on only an explicit link or alias joins them again. */
@Injectable()
export class IdentitySplit implements Operation<Members> {
  readonly name = 'identity-split';
  readonly says = 'take a member out of a customer again';
  readonly arguments = Members;
  readonly exclusive = 'identity';
  readonly #identity: IdentityQuery;
  readonly #acts: OperatorActs;

  constructor(@Inject(IdentityQuery) identity: IdentityQuery, @Inject(OperatorActs) acts: OperatorActs) {
    [this.#identity, this.#acts] = [identity, acts];
  }

  async run({ survivor, member }: Members, running: Running): Promise<Outcome> {
    const set = await this.#identity.set(member);
    if (set.customers.length === 0) throw invalidMessage('OPERATIONS.NO_CUSTOMER', `There is no customer ${member}`);
    const root = rootOf(set)!;
    const together = set.customers.some(({ customerId }) => customerId === survivor);
    if (root === member && !together) return { summary: `${member} stands alone already`, figures: { member, sources: 0 } };
    if (root !== survivor) throw invalidMessage('OPERATIONS.NOT_A_MEMBER', root === member ? `${member} is the one that survives: it is its members that can be split off` : `${member} is a part of ${root}, not of ${survivor}`);
    const would = split(set, { memberId: member as CustomerId, requestedBy: running.who, reason: null, publisher: PUBLISHER, messageId: running.id });
    if ('rejected' in would) throw invalidMessage('OPERATIONS.NOT_A_MEMBER', `${member} is the one that survives: it is its members that can be split off`);
    const figures = { survivor, member, sources: would.sources.length };
    if (running.resumed === undefined) await running.keep('listed', set.links.filter(({ key }) => would.sources.includes(key)).map(({ kind, key, customerId }) => ({ kind, key, customer: customerId })));
    const what = `${member} leaves ${survivor} with ${would.sources.length} source${would.sources.length === 1 ? '' : 's'}; what reached ${survivor} meanwhile stays there`;
    if (!running.apply) return { summary: `If applied, ${what}`, figures };
    const done = await this.#acts.publish('SplitRequested', { customerId: survivor as CustomerId, requestedBy: running.who }, [member as CustomerId], running, async () => rootOf(await this.#identity.set(member)) !== survivor);
    return { summary: done ? `Done: ${what}` : `It is on the log, and identity-resolver has not come to it yet: ${what}, once it does`, figures: { ...figures, done } };
  }
}
