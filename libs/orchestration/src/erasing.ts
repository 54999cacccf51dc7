import type { Part } from './part.ts';
import { endRun, type Deciding } from './running.ts';
import type { CustomerState } from './state.ts';

const NO_CONTACTS: Part['contacts'] = {};

/** Without an address. What was opted out of stays, and so do the measures, which name nobody. The same object where there is none. */
export const unreachable = <P extends Part>(part: P): P => {
  for (const _ in part.contacts) return { ...part, contacts: NO_CONTACTS };
  return part;
};

export const unreachableMembers = (members: CustomerState['members']): CustomerState['members'] => Object.fromEntries(Object.entries(members).map(([id, member]) => [id, unreachable(member)]));

/** The person behind the customer was erased: the runs end, and the addresses go. */
export const erased = (before: CustomerState, deciding: Deciding): CustomerState => {
  if (before.erased !== null) return before;
  const state = before.runs.reduce((left, run) => endRun(left, run, 'erased', deciding), before);
  return { ...state, own: unreachable(state.own), members: unreachableMembers(state.members), erased: deciding.out.cause.now };
};
