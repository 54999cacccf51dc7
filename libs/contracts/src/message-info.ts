/** A parsed Avro schema: plain JSON. */
export type SchemaJson = Readonly<Record<string, unknown>>;

/** What is known of a message at run time. `pii` are the paths of its personal fields, such as `email`. */
export type MessageInfo<Name extends string = string> = Readonly<{
  name: Name;
  context: string;
  version: number;
  /** The record's full name: the second half of its registry subject. */
  fullName: string;
  pii: readonly string[];
  schema: SchemaJson;
}>;
