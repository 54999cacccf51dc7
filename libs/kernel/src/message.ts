/** What every context speaks: a named fact or wish with its data. */
export type Message<T extends string = string, D = unknown> = Readonly<{ type: T; data: Readonly<D> }>;

/** One pure function per message type: a missing, extra or misspelt type does not compile. */
export type Table<M extends Message, Beside extends unknown[], Out> = {
  readonly [T in M['type']]: (message: Extract<M, { type: T }>, ...beside: Beside) => Out;
};

/** The handler for a message whose type is only known at run time; undefined where the table has none. */
export const pick = <M extends Message, B extends unknown[], O>(table: Partial<Table<M, B, O>>, type: string) =>
  (Object.hasOwn(table, type) ? table[type as M['type']] : undefined) as ((message: M, ...beside: B) => O) | undefined;
