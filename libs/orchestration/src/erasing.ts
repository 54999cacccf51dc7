import type { Part } from './part.ts';
import { endRun, type Deciding } from './running.ts';
import { leaveSegments } from './segmenting.ts';
import type { CustomerState } from './state.ts';

const NO_CONTACTS: Part['contacts'] = {};
const NO_TRAITS: Part['traits'] = {};
const isEmpty = (record: object): boolean => {
  for (const _ in record) return false;
  return true;
};

/** Without an address, and without what was said of the person. What was opted out of stays, and so do the measures, which name nobody. The same object where there is none. */
export const unreachable = <P extends Part>(part: P): P => (isEmpty(part.contacts) && isEmpty(part.traits) ? part : { ...part, contacts: NO_CONTACTS, traits: NO_TRAITS });

export const unreachableMembers = (members: CustomerState['members']): CustomerState['members'] => Object.fromEntries(Object.entries(members).map(([id, member]) => [id, unreachable(member)]));

/** The person behind the customer was erased: the runs end, and the addresses go. */
export const erased = (before: CustomerState, deciding: Deciding): CustomerState => {
  if (before.erased !== null) return before;
  const state = leaveSegments(before.runs.reduce((left, run) => endRun(left, run, 'erased', deciding), before), 'erased', deciding);
  return { ...state, own: unreachable(state.own), members: unreachableMembers(state.members), erased: deciding.out.cause.now };
};
