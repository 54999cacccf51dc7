import { Liquid, type Template } from 'liquidjs';

/** Longest part of a template, in characters. */
export const MAX_PART = 100_000;
/** Milliseconds, and characters or array members made, that rendering one part may take. */
const RENDER_MILLISECONDS = 250;
const RENDER_MEMORY = 2_000_000;

/** What a template may use. Left out is what reads files, a clock or chance, and what would switch escaping off. */
const TAGS = ['assign', 'break', 'capture', 'case', 'comment', 'continue', 'cycle', 'echo', 'for', 'if', 'unless', '#'];
const FILTERS = [
  'abs', 'append', 'at_least', 'at_most', 'capitalize', 'ceil', 'compact', 'concat', 'date', 'default', 'divided_by', 'downcase', 'first', 'floor', 'join', 'last', 'map', 'minus', 'modulo', 'plus',
  'prepend', 'remove', 'replace', 'reverse', 'round', 'size', 'slice', 'sort', 'split', 'strip', 'sum', 'times', 'truncate', 'truncatewords', 'uniq', 'upcase', 'url_encode', 'where',
];
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** `39.9` and `EUR` are `EUR 39.90`: exact, with the places that the currency has. */
const money = (amount: unknown, currency: unknown): string => {
  if (typeof amount !== 'string' || !/^-?\d+(\.\d+)?$/.test(amount)) throw new Error('money takes a decimal as text, such as "39.9"');
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) throw new Error('money takes a currency, such as EUR: {{ total | money: currency }}');
  let format = formats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat('en-US', { style: 'currency', currency, currencyDisplay: 'code' });
    if (formats.size < MAX_FORMATS) formats.set(currency, format);
  }
  return format.format(amount as `${number}`).replaceAll('\u00a0', ' ');
};
const formats = new Map<string, Intl.NumberFormat>();
const MAX_FORMATS = 200;

const engine = (escape: boolean): Liquid => {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    templates: {},
    timezoneOffset: 0,
    locale: 'en-US',
    parseLimit: MAX_PART,
    renderLimit: RENDER_MILLISECONDS,
    memoryLimit: RENDER_MEMORY,
    ...(escape ? { outputEscape: 'escape' as const } : {}),
  });
  for (const tag of Object.keys(liquid.tags)) if (!TAGS.includes(tag)) delete liquid.tags[tag];
  for (const filter of Object.keys(liquid.filters)) if (!FILTERS.includes(filter)) liquid.unregisterFilter(filter);
  const date = liquid.filters['date'] as (this: unknown, value: unknown, format?: string) => unknown;
  liquid.registerFilter('date', function (this: unknown, value: unknown, format?: string) {
    if (typeof value !== 'string' || !INSTANT.test(value)) throw new Error('date takes an ISO 8601 instant, not "now": a message reads no clock');
    return date.call(this, value, format);
  });
  liquid.registerFilter('money', money);
  return liquid;
};

/** HTML is escaped by the engine itself; subject lines, SMS and push are plain text. */
const html = engine(true);
const plain = engine(false);
const engineOf = (part: string): Liquid => (part === 'html' ? html : plain);

export type Parsed = readonly Template[];
/** @throws Error that says what and where. */
export const parsePart = (part: string, text: string): Parsed => engineOf(part).parse(text);
/** @throws Error at a missing variable, an unknown filter, or beyond the limits. */
export const renderPart = (part: string, parsed: Parsed, variables: object): string => engineOf(part).renderSync(parsed as Template[], variables) as string;
/** The variables that a part takes from outside. */
export const variablesOf = (part: string, parsed: Parsed): readonly string[] => engineOf(part).globalVariablesSync(parsed as Template[]);
