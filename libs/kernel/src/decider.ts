import { pick, type Message, type Table } from './message.ts';

/** What a decider answers: facts to record (none is an answer too), or a rejection code `CONTEXT.REASON`. */
export type Decision<E, R extends string> = Readonly<{ events: readonly E[] }> | Readonly<{ rejected: R }>;
export const accept = <E>(...events: readonly E[]): Readonly<{ events: readonly E[] }> => ({ events });
export const reject = <R extends string>(rejected: R): Readonly<{ rejected: R }> => ({ rejected });

/** A pure decision: state and a command give facts; facts fold back into state. No clock, no chance, no I/O. */
export type Decider<C extends Message, E extends Message, S, R extends string> = Readonly<{
  initial: S;
  decide: Table<C, [state: S], Decision<E, R>>;
  evolve: Table<E, [state: S], S>;
}>;

/** Folds facts into a state. @throws Error when a fact has no place in the table: an unknown type is a defect, not a no-op. */
export const evolve = <E extends Message, S>(table: Table<E, [state: S], S>, state: S, facts: readonly E[]): S =>
  facts.reduce((folded, fact) => {
    const fold = pick(table, fact.type);
    if (!fold) throw new Error(`no fold for ${fact.type}`);
    return fold(fact, folded);
  }, state);

/** Decides one command on a history: what specs and command handlers share. */
export const decide = <C extends Message, E extends Message, S, R extends string>(
  decider: Decider<C, E, S, R>,
  history: readonly E[],
  command: C,
): Decision<E, R> => {
  const handle = pick(decider.decide, command.type);
  if (!handle) throw new Error(`no decision for ${command.type}`);
  return handle(command, evolve(decider.evolve, decider.initial, history));
};
