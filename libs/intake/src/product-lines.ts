import type { ProductLine } from '@touchpoint/contracts';
import type { Decimal } from '@touchpoint/kernel';
import type { Clear } from './clear.ts';
import { planOf, take, type FieldTable, type Walk } from './fields.ts';
import { amount, productUrl, text } from './readers.ts';

type Line = Clear<ProductLine>;
const ONE = 1_000_000n as Decimal;

/** A product's fields but for `properties`, which is what is left over. Segment's names, and those that shops' own events have. */
export const productFields: FieldTable<Omit<Line, 'properties'>> = {
  // Empty until all is read: the sku stands in for an id that is not said.
  productId: { read: text, otherwise: '', from: ['id'] },
  quantity: { read: amount, otherwise: ONE },
  price: { read: amount, from: ['unitPrice'] },
  sku: { read: text },
  name: { read: text },
  category: { read: text },
  brand: { read: text },
  variant: { read: text },
  coupon: { read: text },
  url: { read: productUrl },
  imageUrl: { read: productUrl, from: ['image'] },
};

const plan = planOf(productFields);

/** A list of products. What is personal in a line (an engraving) goes with the message's, at the line's place. */
export const productLines: Walk<readonly Line[]> = (value, canon, issues) => {
  if (!Array.isArray(value)) {
    issues.add('INTAKE.WRONG_TYPE', 'Expected a list of products.');
    return { read: undefined, canonical: canon.value(value), personal: null };
  }
  const read: Line[] = [];
  const personal: string[] = [];
  let canonical = '';
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    issues.enter(i);
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      const taken = take(item, plan, canon, issues);
      const line = { ...taken.data, properties: taken.properties } as Line;
      if (line.productId !== '') read.push(line);
      else if (line.sku !== null) read.push({ ...line, productId: line.sku });
      else issues.add('INTAKE.MISSING', 'A product has a product_id or a sku.', 'product_id');
      if (taken.personal !== null) {
        while (personal.length < i) personal.push('null');
        personal.push(taken.personal);
      }
      canonical += (i > 0 ? ',' : '') + taken.canonical;
    } else {
      issues.add('INTAKE.WRONG_TYPE', 'Expected a product: an object.');
    }
    issues.leave();
  }
  return { read, canonical: `[${canonical}]`, personal: personal.length > 0 ? `[${personal.join(',')}]` : null };
};
