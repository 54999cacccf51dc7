import { toIso, type ColumnType } from '@touchpoint/kernel';
import { readModels } from '@touchpoint/profile';
import { query, quoted, type Pool } from '@touchpoint/store';
import type { Vault } from '@touchpoint/vault';
import { jsonColumns } from '../model-rows.ts';
import { PersonalValues } from '../personal-values.ts';
import { openedIn } from './sealed-texts.ts';

type Model = (typeof readModels)[keyof typeof readModels];
type Row = Readonly<Record<string, unknown>>;

/** So many rows are read at a time. */
const PAGE = 500;
/** The timeline index tells where events lie; the events themselves are in the export. */
export const EXPORTED: readonly Model[] = Object.values(readModels).filter(({ name }) => name !== 'timeline-index');

const KEY_TYPES: Partial<Record<ColumnType, string>> = { day: 'date' };
const SHOWN: Partial<Record<ColumnType, (value: never) => unknown>> = { instant: (value: number) => toIso(Math.round(value)) };

const pageSql = ({ name, key, columns }: Model): string => {
  const keys = Object.entries(key as Readonly<Record<string, { type: ColumnType }>>).map(([named, { type }]) => ({ column: `t.${quoted(named)}`, type: KEY_TYPES[type] ?? type }));
  const behind = keys.length === 0 ? '$2::text[] is null' : `($2::text[] is null or (${keys.map(({ column }) => column).join(', ')}) > (${keys.map(({ type }, i) => `($2::text[])[${i + 1}]::${type}`).join(', ')}))`;
  const order = keys.length === 0 ? '' : `order by ${keys.map(({ column }) => column).join(', ')}`;
  return `select array[${keys.map(({ column }) => `${column}::text`).join(', ')}]::text[] as "key", (select row_to_json(r) from (select ${jsonColumns({ name, key, columns } as never)}) r) as row
    from profile.${quoted(name)} t where t.customer_id = $1 and ${behind} ${order} limit ${PAGE}`;
};

/** Postgres breaks the lines of base64. */
const withoutBreaks = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\n', '') : value);

/** One row as it is shown: instants in ISO 8601, personal values in clear, or null where they are redacted. */
const shown = ({ key, columns }: Model, row: Row, values: PersonalValues): Record<string, unknown> => {
  const all = { ...key, ...columns } as Readonly<Record<string, { type: ColumnType; personal?: true }>>;
  const told = Object.fromEntries(Object.entries(all).map(([name, { type, personal }]) => {
    const value = row[name] ?? null;
    if (value === null) return [name, null];
    return [name, personal && type === 'json' ? openedIn(value, [name], values) : (SHOWN[type]?.(value as never) ?? value)];
  }));
  // Those that are no JSON are sealed as a whole.
  for (const [name, { type, personal }] of Object.entries(all)) if (personal && type === 'bytes') Object.assign(told, openedIn({ [name]: withoutBreaks(told[name]) }, [], values));
  return told;
};

/** All rows of one read model of one customer, some at a time, in the order of their keys; each with the pointers to what is redacted in it. */
export async function* rowsOf(model: Model, customerId: string, pool: Pool, vault: Vault): AsyncGenerator<Row> {
  const text = pageSql(model);
  for (let after: readonly string[] | null = null; ; ) {
    const page: readonly { key: string[]; row: Row }[] = await query(pool, text, [customerId, after]);
    const opened = page.map(({ row }) => {
      const values = new PersonalValues();
      return { values, row: shown(model, row, values) };
    });
    await PersonalValues.open(vault, ...opened.map(({ values }) => values));
    for (const { row, values: { redacted } } of opened) yield { customerId, ...row, ...(redacted.length > 0 && { redacted }) };
    if (page.length < PAGE || Object.keys(model.key).length === 0) return;
    after = page.at(-1)!.key;
  }
}
