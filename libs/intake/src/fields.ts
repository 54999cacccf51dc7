import { KEY_NAME } from './bounds.ts';
import type { Canonical } from './canonical.ts';
import type { Issues } from './issues.ts';
import { isPersonalBy, nameKind, type NameKind } from './personal.ts';
import { holdsPersonal } from './personal-text.ts';
import type { Reader } from './readers.ts';

/** Reads a value and writes its canonical form in one go; `personal` is what must be sealed of it, as JSON. */
export type Walk<T> = (value: unknown, canon: Canonical, issues: Issues) => Readonly<{ read: T | undefined; canonical: string; personal: string | null }>;

/**
 * Where one field of a message comes from: properties of its own name, those named in `from`, and those in `also`, which are read in another way;
 * each in camelCase and snake_case. A field that cannot be null is required or has a value for when nothing is said. `vital`: the message would say
 * something else without it, so it is refused rather than left out where anything personal is in it.
 */
export type Field<T> = (Readonly<{ read: Reader<NonNullable<T>> }> | Readonly<{ walk: Walk<NonNullable<T>> }>) &
  Readonly<{ from?: readonly string[]; also?: Readonly<Record<string, Reader<NonNullable<T>>>>; vital?: true }> &
  (null extends T ? object : Readonly<{ required: true }> | Readonly<{ otherwise: NonNullable<T> }>);
/**
 * Fields of a record. A record in it is read from the same properties, and stays null where it may and none of its fields is said. `fixed` is never
 * read from a property: it is what it is, or what the message's `finish` makes of it.
 */
export type FieldTable<D> = {
  readonly [K in keyof D]: Field<D[K]> | Readonly<{ fixed: D[K] }> | Readonly<{ within: FieldTable<NonNullable<D[K]>>; optional: null extends D[K] ? true : false }>;
};

type AnyField = Readonly<{ read?: Reader<unknown>; walk?: Walk<unknown>; from?: readonly string[]; also?: Readonly<Record<string, Reader<unknown>>>; required?: true; otherwise?: unknown; vital?: true }>;
type AnyTable = Readonly<Record<string, AnyField | Readonly<{ fixed: unknown }> | Readonly<{ within: AnyTable; optional: boolean }>>>;
type Data = Record<string, unknown>;
type Group = Readonly<{ name: string; blank: Data; optional: boolean }>;
type Slot = Readonly<{ field: string; group: Group | null; read: Reader<unknown> | null; walk: Walk<unknown> | null; sealed: boolean; needed: boolean }>;

/** A property name: how it stands in canonical form, the field that it is read into, and what it says of its value. */
type Name = Readonly<{ quoted: string; slot: Slot | null; kind: NameKind }>;
/** A table made ready: one look-up for each property, one clone for each message. `names` are those of the table and others met of late. */
export type Plan = Readonly<{ names: Map<string, Name>; slots: ReadonlyMap<string, Slot>; blank: Data; groups: readonly Group[]; required: readonly Slot[] }>;
/** Publishers choose names, so only so many are remembered for a message. */
const NAMES = 500;

export const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const spellings = (names: readonly string[]): Iterable<string> => new Set(names.flatMap((name) => [name, snake(name)]));

/**
 * @param sealed fields that are sealed by their mark: what is personal in them may stay
 * @throws Error (a Defect, when the module loads) where two fields claim one property
 */
export const planOf = <D>(table: FieldTable<D>, sealed: readonly string[] = []): Plan => {
  const slots = new Map<string, Slot>();
  const blank: Data = {};
  const groups: Group[] = [];
  const required: Slot[] = [];
  const claim = (property: string, slot: Slot) => {
    if (slots.has(property)) throw new Error(`two fields are read from ${property}`);
    slots.set(property, slot);
  };
  const add = (fields: AnyTable, into: Data, group: Group | null) => {
    for (const [name, field] of Object.entries(fields)) {
      into[name] = null;
      if ('fixed' in field) {
        into[name] = field.fixed;
        continue;
      }
      if ('within' in field) {
        const inner: Group = { name, blank: {}, optional: field.optional };
        groups.push(inner);
        add(field.within, inner.blank, inner);
        continue;
      }
      into[name] = field.otherwise ?? null;
      const needed = field.required === true || field.vital === true || field.otherwise === '';
      const slot: Slot = { field: name, group, read: field.read ?? null, walk: field.walk ?? null, sealed: group === null && sealed.includes(name), needed };
      if (field.required) required.push(slot);
      for (const property of spellings([name, ...(field.from ?? [])])) claim(property, slot);
      for (const [also, read] of Object.entries(field.also ?? {})) for (const property of spellings([also])) claim(property, { ...slot, read, walk: null });
    }
  };
  add(table as AnyTable, blank, null);
  return { names: new Map(), slots, blank, groups, required };
};

/** What came of an object: the message's fields, what else there was (JSON objects, plain and personal apart), and the whole in canonical form. */
export type Taken = Readonly<{ data: Data; properties: string | null; personal: string | null; canonical: string }>;
/** Reads an object by a plan. Null says nothing. Whatever has no field goes to `properties` or, where anything personal is in it, to `personal`;
 * there goes what a field may not keep in clear too. */
export const take = (object: object, plan: Plan, canon: Canonical, issues: Issues): Taken => {
  const data: Data = { ...plan.blank };
  for (const { name, blank, optional } of plan.groups) if (!optional) data[name] = { ...blank };
  let canonical = '';
  let properties = '';
  let personal = '';
  let wrong: Set<string> | undefined;
  for (const key of canon.keys(object)) {
    const value = (object as Data)[key];
    issues.enter(key);
    canon.personal = false;
    const { quoted, slot, kind } = plan.names.get(key) ?? learn(plan, key, canon);
    canon.isId = kind === 'id';
    let member = quoted;
    if (slot === null) {
      member += canon.value(value);
      if (canon.personal || isPersonalBy(kind, value)) personal = joined(personal, member);
      else properties = joined(properties, member);
    } else if (slot.walk !== null && value !== null) {
      const walked = slot.walk(value, canon, issues);
      member += walked.canonical;
      if (walked.personal !== null) personal = joined(personal, quoted + walked.personal);
      if (walked.read !== undefined) put(data, slot, walked.read);
    } else {
      member += canon.value(value);
      const before = issues.count;
      const read = value === null ? undefined : slot.read?.(value, issues);
      // A field's own text stands in clear. What is read as anything but text holds no such thing, or is keyed.
      const withheld = canon.personal && typeof read === 'string' && !slot.sealed && holdsPersonal(read, canon.isId);
      if (withheld) personal = joined(personal, member);
      else if (read !== undefined) put(data, slot, read);
      if (withheld && slot.needed) issues.addPersonal();
      if (issues.count > before) (wrong ??= new Set()).add(slot.field);
    }
    canonical = joined(canonical, member);
    issues.leave();
  }
  for (const slot of plan.required) {
    const holder = slot.group === null ? data : (data[slot.group.name] as Data | null);
    if (holder !== null && holder[slot.field] === null && !wrong?.has(slot.field)) issues.add('INTAKE.MISSING', 'This is required.', snake(slot.field));
  }
  return { data, properties: asObject(properties), personal: asObject(personal), canonical: `{${canonical}}` };
};

const learn = (plan: Plan, key: string, canon: Canonical): Name => {
  const quoted = canon.key(key);
  const name: Name = { quoted, slot: plan.slots.get(key) ?? null, kind: canon.personal ? 'personal' : nameKind(key) };
  if (plan.names.size < NAMES && key.length <= KEY_NAME / 4) plan.names.set(key, name);
  return name;
};

const joined = (members: string, member: string): string => (members === '' ? member : `${members},${member}`);
const asObject = (members: string): string | null => (members === '' ? null : `{${members}}`);

const put = (data: Data, { field, group }: Slot, value: unknown): void => {
  if (group === null) data[field] = value;
  else ((data[group.name] ??= { ...group.blank }) as Data)[field] = value;
};
