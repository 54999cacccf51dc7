import { mayContact, type HoldReason } from '@touchpoint/consent';
import type { SendMessage } from '@touchpoint/contracts';
import type { Instant, Sealed } from '@touchpoint/kernel';
import { fromBase64, reachable } from './contact-points.ts';
import { partsOf, type CustomerState } from './state.ts';

/** What speaks against a command at the last moment. */
export type ReviewReason = 'expired' | 'erased' | 'merged' | 'merge pending' | 'events parked' | 'no contact point' | HoldReason;
/** May a command still be carried out, and where to? */
export type Review = Readonly<{ allowed: true; address: Sealed; platform: string | null }> | Readonly<{ allowed: false; reason: ReviewReason }>;
/** What is known of a customer beside its own state. */
export type Beside = Readonly<{
  /** The customer was erased, whether or not its state has heard of it yet. */
  erased: boolean;
  /** Events of the customer, or of a member, could not be folded and lie parked: an opt-out may be among them. */
  parked: boolean;
  /** The states of those whose part an absorbed customer became, along the chain. */
  survivors: readonly CustomerState[];
}>;

export const isMarketing = ({ messageClass }: Pick<SendMessage['data'], 'messageClass'>): boolean => messageClass !== 'transactional';

/**
 * Looks at a command again before the provider is called, on the customer's state, which has by then reached the position that the command was decided at.
 * Marketing is held for somebody who was absorbed since, and wherever the state may not have an opt-out yet. Transactional messages go on, unless one of the
 * survivors knows that the address is void or that they were withdrawn.
 */
export const reviewCommand = (state: CustomerState, command: SendMessage['data'], now: Instant, { erased, parked, survivors }: Beside = { erased: false, parked: false, survivors: [] }): Review => {
  const { channel, purpose, contactPoint, notAfter } = command;
  if (now > notAfter) return { allowed: false, reason: 'expired' };
  if (erased || state.erased !== null) return { allowed: false, reason: 'erased' };
  const marketing = isMarketing(command);
  if (marketing && state.absorbed !== null) return { allowed: false, reason: 'merged' };
  if (marketing && Object.keys(state.pending).length > 0) return { allowed: false, reason: 'merge pending' };
  if (marketing && parked) return { allowed: false, reason: 'events parked' };
  const parts = partsOf(state);
  const point = reachable(parts.map(({ contacts }) => contacts), channel).find(({ id }) => id === contactPoint);
  if (!point) return { allowed: false, reason: 'no contact point' };
  for (const known of [parts, ...survivors.map(partsOf)]) {
    const permission = mayContact(known, { channel, messageClass: marketing ? 'marketing' : 'transactional', purpose, contactPoint });
    if (!permission.allowed) return { allowed: false, reason: permission.reason };
  }
  return { allowed: true, address: fromBase64(point.address) as Sealed, platform: point.platform ?? null };
};
