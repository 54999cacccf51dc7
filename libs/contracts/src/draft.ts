type Leaf = string | number | bigint | boolean | null | undefined | Uint8Array;
type Nullable<T> = { [K in keyof T]-?: null extends T[K] ? K : never }[keyof T];

/** Data as a writer may give it: whatever can be null may be left out, at every depth. */
export type Draft<T> = T extends Leaf
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Draft<Item>[]
    : { readonly [K in Exclude<keyof T, Nullable<T>>]: Draft<T[K]> } & { readonly [K in Nullable<T>]?: Draft<T[K]> };
