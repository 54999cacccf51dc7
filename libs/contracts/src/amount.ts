import type { ProductLine } from './generated/shapes.ts';
import { add, roundedSum, times, ZERO, type Decimal, type Product } from '@touchpoint/kernel';

type Amounts = Readonly<{ lines: readonly ProductLine[]; total: Decimal | null; revenue?: Decimal | null; shipping?: Decimal | null; tax?: Decimal | null }>;

/**
 * What a message is worth: its total; else the sum of its lines, exact and rounded once; else, where no line has a price, goods, shipping and tax.
 * null: it does not say.
 */
export const amountOf = ({ lines, total, revenue = null, shipping = null, tax = null }: Amounts): Decimal | null => {
  if (total !== null) return total;
  const products: Product[] = [];
  for (const { price, quantity } of lines) if (price !== null) products.push(times(price, quantity));
  if (products.length > 0) return roundedSum(products);
  return revenue === null ? null : [shipping, tax].reduce<Decimal>((sum, part) => add(sum, part ?? ZERO), revenue);
};
