import { compileMapping } from './compile.ts';
import type { Item } from './item.ts';
import { openMapper } from './mapper.ts';
import { issueLines } from './mapping-check.ts';
import type { Mapping } from './mapping.ts';

/** Invoices of two lines or so. */
export const invoices = {
  name: 'shop',
  format: 'csv',
  columns: { No: 'text', Sku: 'text', Qty: 'decimal', Price: 'decimal', At: 'time', Who: { type: 'text', optional: true } },
  key: ['No'],
  group: { window: 2 },
  events: [
    {
      type: 'track',
      event: 'Order Completed',
      userId: { column: 'Who', take: 'same' },
      anonymousId: { text: 'invoice-{No}', when: { column: 'Who', empty: true } },
      timestamp: { column: 'At', take: 'earliest' },
      properties: { order_id: { column: 'No' }, products: { each: { sku: { column: 'Sku' }, quantity: { column: 'Qty' }, price: { column: 'Price' } } } },
    },
  ],
} satisfies Mapping;

/** A mapping with some of its parts replaced. */
export const mappingWith = (parts: Partial<Record<keyof Mapping, unknown>>): unknown => ({ ...invoices, ...parts });

/** What becomes of a file given in pieces. */
export const mapPieces = (document: unknown, pieces: readonly string[]): readonly Item[] => {
  const checked = compileMapping(document as Mapping);
  if ('issues' in checked) throw new Error(issueLines(checked.issues).join('\n'));
  const mapper = openMapper(checked);
  return [...pieces.flatMap((piece) => mapper.push(piece)), ...mapper.end()];
};
