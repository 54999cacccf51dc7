import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { formatDecimal, parseDecimal, times, type Decimal, type Product } from '@touchpoint/kernel';
import { openMapper, type ImportMessage, type Item } from '@touchpoint/mapping';
import { repositoryRoot } from '../system/places.ts';
import { openInput } from './input-file.ts';
import { readMapping } from './mapping-file.ts';

/** The invoice lines of a real shop, and what is known of them. */
const FILE = resolve(repositoryRoot, '../shared/data/online-retail/online-retail.csv.br');
const there = existsSync(FILE);
if (!there) console.warn(`online-retail.spec.ts is skipped: there is no ${FILE}`);

type Line = Readonly<{ product_id: string; quantity: string; price: string }>;
const SIGN: Readonly<Record<string, 1n | -1n>> = { 'Order Completed': 1n, 'Order Adjusted': 1n, 'Order Cancelled': -1n };
const linesOf = ({ properties }: ImportMessage) => properties?.['products'] as readonly Line[];
const product = ({ quantity, price }: Line): Product => times(parseDecimal(quantity)!, parseDecimal(price)!);
/** A sum of products as text, exact: every line has at most three places. */
const text = (sum: bigint): string => {
  expect(sum % 1_000_000n).toBe(0n);
  return formatDecimal((sum / 1_000_000n) as Decimal);
};

(there ? describe : describe.skip)('the mapping of Online Retail', () => {
  const items: Exclude<Item['kind'], 'event'>[] = [];
  const invoices = new Map<string, ImportMessage>();
  const sums = { net: 0n, known: 0n, cancelled: 0n };
  const customers = new Map<string, bigint>();
  const counts = { rows: 0, lines: 0, negative: 0, notTakenBack: 0, zeroPrice: 0, negativePrice: 0, largest: 0 };
  const adjusted: string[] = [];

  const count = (item: Item): void => {
    counts.rows += item.lines.rows;
    if (item.kind !== 'event') return void items.push(item.kind);
    const { message } = item;
    const lines = linesOf(message);
    const net = lines.reduce((sum, line) => sum + product(line), 0n) * SIGN[message.event!]!;
    invoices.set(item.key, { ...message, properties: {} });
    sums.net += net;
    if (message.event === 'Order Cancelled') sums.cancelled += net;
    if (message.event === 'Order Adjusted') adjusted.push(text(net));
    if (message.userId !== undefined) {
      sums.known += net;
      customers.set(message.userId, (customers.get(message.userId) ?? 0n) + net);
    }
    counts.lines += lines.length;
    const negative = lines.filter(({ quantity }) => quantity.startsWith('-')).length;
    if (message.event === 'Order Cancelled') counts.notTakenBack += negative;
    else counts.negative += negative;
    counts.zeroPrice += lines.filter(({ price }) => price === '0').length;
    counts.negativePrice += lines.filter(({ price }) => price.startsWith('-')).length;
    counts.largest = Math.max(counts.largest, Buffer.byteLength(JSON.stringify(message)));
  };

  beforeAll(async () => {
    const { compiled } = await readMapping(join(repositoryRoot, 'mappings/online-retail.json'));
    const mapper = openMapper(compiled);
    for await (const piece of (await openInput(FILE)).read('utf-8', () => undefined)) for (const item of mapper.push(piece)) count(item);
    for (const item of mapper.end()) count(item);
  }, 120_000);

  const named = (event: string) => [...invoices.values()].filter((message) => message.event === event);

  it('makes one event of each invoice, and rejects nothing', () => {
    expect(items).toEqual([]);
    expect({ invoices: invoices.size, cancelled: named('Order Cancelled').length, adjusted: named('Order Adjusted').length, rows: counts.rows, lines: counts.lines }).toEqual({
      invoices: 25_900, cancelled: 3_836, adjusted: 3, rows: 541_909, lines: 541_909,
    });
  });
  it('knows the customers, and invoices without one', () => {
    expect(customers.size).toBe(4_372);
    const unknown = [...invoices].filter(([, { userId }]) => userId === undefined);
    expect(unknown).toHaveLength(3_710);
    for (const [no, { anonymousId }] of unknown) expect(anonymousId).toBe(`invoice-${no}`);
  });
  it('agrees with the file to the penny', () => {
    expect(text(sums.net)).toBe('9747747.934');
    expect(text(sums.known)).toBe('8300065.814');
    expect(text(sums.cancelled)).toBe('-896812.49');
    const [first] = [...customers].sort((a, b) => (a[1] < b[1] ? 1 : -1));
    expect([first![0], text(first![1])]).toEqual(['14646', '279489.02']);
  });
  it('keeps what is odd in it', () => {
    expect(counts).toMatchObject({ negative: 1_336, zeroPrice: 2_515, negativePrice: 2 });
    expect(counts.largest).toBeGreaterThan(100_000);
    expect(counts.largest).toBeLessThan(512 * 1024);
  });
  it('takes the earliest of two times', () => expect(invoices.get('536591')?.timestamp).toBe('2010-12-01T16:57:00.000Z'));
  it('makes what is taken back positive, and leaves adjustments their sign', () => {
    expect(counts.notTakenBack).toBe(0);
    expect(adjusted).toEqual(['11062.06', '-11062.06', '-11062.06']);
  });
});
