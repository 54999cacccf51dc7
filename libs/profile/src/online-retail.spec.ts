import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { ProductLine } from '@touchpoint/contracts';
import { add, customerIdOf, formatDecimal, parseDecimal, ZERO, type CustomerId, type Decimal, type Instant, type Message, type Part, type Recorded, type SourceKey } from '@touchpoint/kernel';
import { customerOrders, type CustomerOrders } from './customer-orders.query.ts';
import { readModels } from './projections.ts';
import type { OrderReversalRow, OrderRow } from './rows.ts';
import { hex } from './timeline.fixture.ts';

/** 541,909 invoice lines of a real shop; it lies beside the repository where there is one. */
const FILE = new URL('../../../../shared/data/online-retail/online-retail.csv.br', import.meta.url);
const ROW = /^"(\w+)","[^"]*",(?:"(?:[^"]|"")*")?,(-?\d+),"([^"]+)",(-?[\d.]+),(\d*),/;
const missing = !existsSync(FILE);
if (missing) process.stderr.write('online-retail.spec.ts: skipped, the data set is not beside the repository\n');

type Invoice = { no: string; customer: string; at: Instant; lines: ProductLine[] };
type Orders = { orders: Map<string, OrderRow>; reversals: Map<string, OrderReversalRow> };

const invoicesOf = (text: string): readonly Invoice[] => {
  const invoices = new Map<string, Invoice>();
  for (const row of text.split('\n').slice(1)) {
    if (row === '') continue;
    const [, no, quantity, time, price, customer] = ROW.exec(row) ?? [];
    if (no === undefined) throw new Error(`no row: ${row}`);
    const at = Date.parse(time!);
    const invoice = invoices.get(no) ?? { no, customer: customer!, at, lines: [] };
    invoices.set(no, invoice);
    invoice.at = Math.min(invoice.at, at);
    const isCancellation = no.startsWith('C');
    // What is taken back is positive in our messages; the file has it negative.
    const count = parseDecimal(quantity!)!;
    invoice.lines.push({ productId: 'p', quantity: (isCancellation ? -count : count) as Decimal, price: parseDecimal(price!)!, sku: null, name: null, category: null, brand: null, variant: null, coupon: null, url: null, imageUrl: null, properties: null });
  }
  return [...invoices.values()];
};

const messageOf = ({ no, lines }: Invoice): Message => {
  const said = { currency: 'GBP', lines, place: 'web', total: null, revenue: null, shipping: null, tax: null, reason: null };
  if (no.startsWith('C')) return { type: 'OrderCancelled', data: { ...said, orderId: null, cancellationId: no } };
  return no.startsWith('A') ? { type: 'OrderAdjusted', data: { ...said, orderId: null, adjustmentId: no } } : { type: 'OrderCompleted', data: { ...said, orderId: no } };
};

const run = missing ? describe.skip : describe;
run('the invoices of Online Retail', () => {
  const invoices: Invoice[] = [];
  const byCustomer = new Map<CustomerId, Orders>();
  const names = new Map<CustomerId, string>();
  const sums = new Map<CustomerId, CustomerOrders>();

  beforeAll(() => {
    invoices.push(...invoicesOf(brotliDecompressSync(readFileSync(FILE)).toString('utf8')));
    for (const [offset, invoice] of invoices.entries()) {
      const source = invoice.customer === '' ? `anonymous:invoice-${invoice.no}` : `user:${invoice.customer}`;
      const customerId = customerIdOf(hex(source) as SourceKey);
      names.set(customerId, source);
      const recorded = { customerId, position: { partition: 0, offset }, recordedAt: invoice.at, meta: { messageId: invoice.no, occurredAt: invoice.at } } as Recorded;
      const message = messageOf(invoice);
      const rows = byCustomer.get(customerId) ?? { orders: new Map(), reversals: new Map() };
      byCustomer.set(customerId, rows);
      for (const [model, table] of [[readModels.orders, rows.orders], [readModels.orderReversals, rows.reversals]] as const) {
        const handler = (model.on as unknown as Record<string, (message: Message, recorded: Recorded) => readonly Part<never>[]>)[message.type];
        for (const { key, part } of handler?.(message, recorded) ?? []) {
          const id = JSON.stringify(key);
          table.set(id, { ...key, ...(model.join as (row: never, part: never) => object)(table.get(id) as never, part) } as never);
        }
      }
    }
    for (const [customerId, { orders, reversals }] of byCustomer) {
      const [sum, ...others] = customerOrders(orders.values(), reversals.values());
      if (!sum || others.length > 0) throw new Error('the shop sells in one currency');
      sums.set(customerId, sum);
    }
  }, 120_000);

  const total = (of: (sum: CustomerOrders) => Decimal, which: (source: string) => boolean = () => true): string =>
    formatDecimal([...sums].reduce<Decimal>((all, [id, sum]) => (which(names.get(id)!) ? add(all, of(sum)) : all), ZERO));
  const isKnown = (source: string) => source.startsWith('user:');

  it('are all there', () => {
    expect(invoices).toHaveLength(25_900);
    expect(invoices.reduce((sum, { lines }) => sum + lines.length, 0)).toBe(541_909);
    expect([...sums.values()].reduce((sum, { count }) => sum + count, 0)).toBe(25_900 - 3_836 - 3);
    expect([...byCustomer.values()].reduce((sum, { reversals }) => sum + reversals.size, 0)).toBe(3_836 + 3);
    expect([...names.values()].filter(isKnown)).toHaveLength(4_372);
    expect([...names.values()].filter((source) => !isKnown(source))).toHaveLength(3_710);
  });
  it('reconcile with the file to the penny', () => {
    expect(total(({ net }) => net)).toBe('9747747.934');
    expect(total(({ net }) => net, isKnown)).toBe('8300065.814');
    expect(total(({ cancelled }) => cancelled)).toBe('896812.49');
    expect(total(({ returned }) => returned)).toBe('0');
  });
  it('put customer 14646 first', () => {
    const [[id, { net }]] = [...sums].filter(([one]) => isKnown(names.get(one)!)).sort(([, a], [, b]) => (a.net < b.net ? 1 : -1)) as [[CustomerId, CustomerOrders]];
    expect([names.get(id), formatDecimal(net)]).toEqual(['user:14646', '279489.02']);
  });
});
