import { mayContact, type HoldReason } from '@touchpoint/consent';
import type { SendMessage } from '@touchpoint/contracts';
import type { Instant, Sealed } from '@touchpoint/kernel';
import { fromBase64, reachable } from './contact-points.ts';
import { partsOf, type CustomerState } from './state.ts';

/** What speaks against a command at the last moment. */
export type ReviewReason = 'expired' | 'merged' | 'merge pending' | 'no contact point' | HoldReason;
/** May a command still be carried out, and where to? */
export type Review = Readonly<{ allowed: true; address: Sealed; platform: string | null }> | Readonly<{ allowed: false; reason: ReviewReason }>;

/**
 * Looks at a command again before the provider is called, on the customer's state, which has by then reached the position that the command was decided at.
 * Marketing for somebody who was absorbed since is held: the survivor's opt-out is not known here.
 */
export const reviewCommand = (state: CustomerState, command: SendMessage['data'], now: Instant): Review => {
  const { channel, messageClass, purpose, contactPoint, notAfter } = command;
  if (now > notAfter) return { allowed: false, reason: 'expired' };
  const marketing = messageClass !== 'transactional';
  if (marketing && state.absorbed !== null) return { allowed: false, reason: 'merged' };
  if (marketing && Object.keys(state.pending).length > 0) return { allowed: false, reason: 'merge pending' };
  const parts = partsOf(state);
  const point = reachable(parts.map(({ contacts }) => contacts), channel).find(({ id }) => id === contactPoint);
  if (!point) return { allowed: false, reason: 'no contact point' };
  const permission = mayContact(parts, { channel, messageClass: marketing ? 'marketing' : 'transactional', purpose, contactPoint });
  if (!permission.allowed) return { allowed: false, reason: permission.reason };
  return { allowed: true, address: fromBase64(point.address) as Sealed, platform: point.platform ?? null };
};
