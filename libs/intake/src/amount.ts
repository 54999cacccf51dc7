import { parseDecimal, type Decimal } from '@touchpoint/kernel';

const ONE = 1_000_000;
/** Up to here a count of millionths has at most 15 digits: number and shortest decimal text name each other. */
const EXACT = 1e15;

/**
 * A price, sum or quantity in millionths. Text is exact and may have six places. A JSON number is read at the 15 significant digits that a
 * double holds for certain, so 0.1 + 0.2 is 0.3 and no order is lost over float noise; what then still needs a seventh place is refused.
 */
export const amountOf = (value: number | string): Decimal | undefined => {
  if (typeof value === 'string') return parseDecimal(value);
  const millionths = Math.round(value * ONE);
  if (millionths < EXACT && millionths > -EXACT && millionths / ONE === value) return BigInt(millionths) as Decimal;
  return Number.isFinite(value) ? parseDecimal(Number(value.toPrecision(15))) : undefined;
};
