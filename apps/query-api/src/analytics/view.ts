import type { Migration } from '@touchpoint/store';

/** A view that analysts read: what it says of itself, its columns in order with what each says, and its select. */
export type View = Readonly<{ name: string; version: number; doc: string; columns: Readonly<Record<string, string>>; select: string }>;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Every view and every column bears its comment: `\d+ analytics.orders` is the documentation, wherever one looks. */
export const viewMigration = ({ name, version, doc, columns, select }: View): Migration => ({
  id: `analytics.${name}_v${version}`,
  sql: [
    `create or replace view analytics."${name}" (${Object.keys(columns).map((column) => `"${column}"`).join(', ')}) as\n  ${select};`,
    `comment on view analytics."${name}" is ${literal(doc)};`,
    ...Object.entries(columns).map(([column, text]) => `comment on column analytics."${name}"."${column}" is ${literal(text)};`),
  ].join('\n'),
});
