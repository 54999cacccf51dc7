import { Inject, Injectable } from '@nestjs/common';
import type { SourceKind } from '@touchpoint/kernel';
import { readModels } from '@touchpoint/profile';
import { POOL, type Pool } from '@touchpoint/store';
import type { SourceKeys, Vault } from '@touchpoint/vault';
import { MAX_MEMBERS, MEMBERS, SET, SET_COLUMNS, type SetRow } from './customer-set.query.ts';
import { showCustomer, type CustomerRows } from './customer-view.ts';
import type { CustomerBody } from './http/answers.schema.ts';
import { oneRow, rowsFrom, rowsSql, type RowsWanted } from './model-rows.ts';
import { PersonalValues } from './personal-values.ts';
import { SOURCE_KEYS, VAULT } from './tokens.ts';

/** What a query found: the answer, and whose timelines it rests on. `body` undefined: there is no such customer. */
export type Found<Body> = Readonly<{ body: Body | undefined; members: readonly string[]; parked: number }>;

/** Rows of one read model that one answer takes. A customer beyond it is no person. */
const LIMIT = 20_000;
const MODELS: Readonly<Record<Exclude<keyof CustomerRows, 'currentSources'>, Omit<RowsWanted, 'limit'>>> = {
  profile: {}, activity: {}, engagement: {}, contactPoints: { newest: 'statedAt' }, consent: { newest: 'at' }, devices: { newest: 'registeredAt' },
  orders: { newest: 'placedAt' }, orderReversals: { newest: 'firstAt' }, appUsage: { newest: 'day' },
  segmentMoves: { newest: 'at' },
  messages: { newest: 'statedAt', only: ['commandId', 'statedAt', 'verdict', 'sentAt', 'deliveredAt', 'openedAt', 'clickedAt', 'bouncedAt', 'complainedAt', 'failedAt', 'heldAt', 'unknownAt'] },
};
const names = Object.keys(MODELS) as readonly (keyof typeof MODELS)[];

/** One statement, so one snapshot: the set of customers and all its rows. */
const CUSTOMER = `${SET} select ${SET_COLUMNS}, ${names.map((name) => `${rowsSql(readModels[name], MEMBERS, { ...MODELS[name], limit: LIMIT })} as "${name}"`).join(',\n')},
  array(select replace(l.source_key::text, '-', '') from identity.link l where l.customer_id = any(${MEMBERS}) limit ${LIMIT}) as "currentSources"`;

type Rows = readonly Readonly<Record<string, unknown>>[];
type CustomerRow = SetRow & Readonly<Record<keyof typeof MODELS, Rows>> & Readonly<{ currentSources: readonly string[] }>;

/** A customer as a whole, from the read models. */
@Injectable()
export class CustomerQuery {
  readonly #pool: Pool;
  readonly #vault: Vault;
  readonly #sourceKeys: SourceKeys;

  constructor(@Inject(POOL) pool: Pool, @Inject(VAULT) vault: Vault, @Inject(SOURCE_KEYS) sourceKeys: SourceKeys) {
    [this.#pool, this.#vault, this.#sourceKeys] = [pool, vault, sourceKeys];
  }

  async byId(id: string): Promise<Found<CustomerBody>> {
    const row = await oneRow<CustomerRow>(this.#pool, 'customer', CUSTOMER, [id]);
    const { customerId, known, parked } = row;
    const members = row.members.slice(0, MAX_MEMBERS);
    if (!known) return { body: undefined, members, parked };
    const cut = names.filter((name) => row[name].length > LIMIT);
    const rows = { ...Object.fromEntries(names.map((name) => [name, rowsFrom(readModels[name], row[name].slice(0, LIMIT))])), currentSources: new Set(row.currentSources) } as unknown as CustomerRows;
    const values = new PersonalValues();
    const shown = showCustomer(rows, values);
    await PersonalValues.open(this.#vault, values);
    const body: CustomerBody = {
      customerId, requested: { customerId: id, absorbed: id !== customerId }, members: [...members].sort(), ...shown,
      redacted: values.redacted, incomplete: [...(row.members.length > MAX_MEMBERS ? ['members'] : []), ...cut],
    };
    return { body, members, parked };
  }

  /** Found by what a publisher calls the customer: its source key, the link from there, the set from there. */
  async bySource(kind: SourceKind, value: string): Promise<Found<CustomerBody>> {
    const link = await oneRow<{ customer_id: string } | undefined>(this.#pool, 'link', 'select customer_id from identity.link where source_key = $1', [this.#sourceKeys.keyOf(kind, value)]);
    return link ? this.byId(link.customer_id) : { body: undefined, members: [], parked: 0 };
  }
}
