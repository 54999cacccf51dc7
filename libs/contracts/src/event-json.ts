import { formatDecimal, toIso, type Decimal, type Instant, type Sealed } from '@touchpoint/kernel';
import { catalog, type MessageName } from './generated/catalog.ts';

/** What becomes of sealed values. @param at where it stands in what is shown, as a JSON pointer. `put` shows something in its place, which is null until then. */
export type SealedPlaces = Readonly<{ add: (sealed: Sealed, at: string, put: (clear: string) => void) => void }>;

/** JSON pointer (RFC 6901) from names and indexes. */
export const pointer = (...path: readonly (string | number)[]): string => path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** A JSON text's value; text that is none stays as it is. */
export const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

type Path = readonly (string | number)[];
/** Turns a decoded value into what JSON shows of it. A sealed one is null until it was opened. */
type Render = (value: never, path: Path, personal: SealedPlaces, put: (value: unknown) => void) => void;
type Schema = string | readonly Schema[] | Readonly<{ type: Schema; logicalType?: string; name?: string; namespace?: string; fields?: readonly Field[]; items?: Schema; values?: Schema }>;
type Field = Readonly<{ name: string; type: Schema }>;

/** Personal text fields; every other personal field holds JSON under its seal. */
const TEXT: ReadonlySet<string> = new Set(['email', 'phone', 'token']);

const asIs: Render = (value, _path, _personal, put) => put(value);

const MARKS: Readonly<Record<string, Render>> = {
  decimal: (value: Decimal, _path, _personal, put) => put(formatDecimal(value)),
  'timestamp-millis': (value: Instant, _path, _personal, put) => put(toIso(value)),
  json: (value: string, _path, _personal, put) => put(jsonOr(value)),
  sealed: (value: Sealed, path, personal, put) => {
    put(null);
    const text = TEXT.has(String(path.at(-1)));
    personal.add(value, pointer(...path), (clear) => put(text ? clear : jsonOr(clear)));
  },
};

/** Named types may be told of by name once they stood in the schema. */
type Named = Map<string, Render>;

const recordOf = (fields: readonly Field[], named: Named): Render => {
  const renders = fields.map(({ name, type }) => [name, renderOf(type, named)] as const);
  return (value: Readonly<Record<string, unknown>>, path, personal, put) => {
    const shown: Record<string, unknown> = {};
    for (const [name, render] of renders) render(value[name] as never, [...path, name], personal, (inner) => { shown[name] = inner; });
    put(shown);
  };
};

const renderOf = (schema: Schema, named: Named): Render => {
  if (typeof schema === 'string') return named.get(schema) ?? asIs;
  if (Array.isArray(schema)) {
    const inner = renderOf(schema.find((branch) => branch !== 'null') as Schema, named);
    return (value, path, personal, put) => (value === null || value === undefined ? put(null) : inner(value, path, personal, put));
  }
  const { type, logicalType, name, namespace, fields, items } = schema as Exclude<Schema, string | readonly Schema[]>;
  const render = renderPlain();
  if (name !== undefined && namespace !== undefined) named.set(`${namespace}.${name}`, render);
  return render;

  function renderPlain(): Render {
    if (logicalType !== undefined) return MARKS[logicalType] ?? asIs;
    if (fields) return recordOf(fields, named);
    if (type === 'array' && items !== undefined) {
      const item = renderOf(items, named);
      return (value: readonly unknown[], path, personal, put) => {
        const shown: unknown[] = [];
        value.forEach((member, i) => item(member as never, [...path, i], personal, (inner) => { shown[i] = inner; }));
        put(shown);
      };
    }
    return typeof type === 'string' ? asIs : renderOf(type, named);
  }
};

const renders = new Map<string, Render>();

/**
 * A decoded event as JSON shows it: money as decimal text, instants in ISO 8601, JSON text parsed, personal fields null until `personal` puts something there.
 * @param put called at once; the object it is given is filled further where `personal` shows something of a sealed value, at once or later.
 */
export const showEvent = (type: MessageName, data: unknown, personal: SealedPlaces, path: Path, put: (value: unknown) => void): void => {
  let render = renders.get(type);
  if (!render) renders.set(type, (render = renderOf(catalog[type].schema as Schema, new Map())));
  render(data as never, path, personal, put);
};
