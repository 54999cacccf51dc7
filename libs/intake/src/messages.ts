import { catalog, type Channel } from '@touchpoint/contracts';
import type { Raw } from './app-context.ts';
import { marks, type ClearData, type TouchpointName } from './clear.ts';
import { deviceMessages } from './device-messages.ts';
import { engagementMessages } from './engagement-messages.ts';
import { planOf, type FieldTable, type Plan } from './fields.ts';
import type { Issues } from './issues.ts';
import { orderMessages } from './order-messages.ts';
import { visitMessages } from './visit-messages.ts';

/** What a message may need to know beside its properties. */
export type Around = Readonly<{
  /** The properties as they came. */
  properties: Raw;
  /** A page's or screen's own name and category. */
  name: string | null;
  category: string | null;
  context: Raw | undefined;
  /** Where the event ran by Segment's top-level `channel`: server, browser or mobile. */
  ranOn: string | null;
  /** The channel that the event's name says (`Email Opened`). */
  channel: Channel | undefined;
  issues: Issues;
}>;

/** These are made of what is left over, and of the context. */
type Common = 'properties' | 'personal' | 'context';
export type Own<N extends TouchpointName> = Omit<ClearData<N>, Common>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** How a message's own fields are read from an event's properties; `finish` fills in what they alone do not say. */
export type MessageFields<N extends TouchpointName> = Readonly<{ fields: FieldTable<Own<N>>; finish?: (data: Mutable<Own<N>>, around: Around) => void }>;
export type MessageTable<N extends TouchpointName> = { readonly [K in N]: MessageFields<K> };

/** Identify and group have no properties but traits. */
export type EventName = Exclude<TouchpointName, 'TraitsSet' | 'GroupJoined'>;

const table: MessageTable<EventName> = { ...orderMessages, ...visitMessages, ...deviceMessages, ...engagementMessages };

/** `keeps`: which of the common fields the message has, by its schema. */
export type MessagePlan = Readonly<{ plan: Plan; finish: ((data: object, around: Around) => void) | undefined; keeps: ReadonlySet<string> }>;

const COMMON: readonly Common[] = ['properties', 'personal', 'context'];
const messagePlan = (name: EventName): MessagePlan => {
  const { fields, finish } = table[name] as MessageFields<EventName>;
  const keeps = new Set<string>(COMMON.filter((common) => fieldNames(name).includes(common)));
  const common = Object.fromEntries([...keeps].map((field) => [field, { fixed: null }]));
  return { plan: planOf({ ...fields, ...common } as FieldTable<object>, marks(name).sealed.map(([field]) => field)), finish: finish as MessagePlan['finish'], keeps };
};
const fieldNames = (name: EventName): readonly string[] => (catalog[name].schema['fields'] as readonly { name: string }[]).map((field) => field.name);

export const eventNames = Object.keys(table) as EventName[];
export const messagePlans = Object.fromEntries(eventNames.map((name) => [name, messagePlan(name)])) as { readonly [K in EventName]: MessagePlan };
