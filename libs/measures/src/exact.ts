import type { Decimal } from '@touchpoint/kernel';

/** An exact amount in millionths as plain JSON: a number while it is a safe integer, its digits beyond. */
export type Exact = number | string;

export const exactOf = (value: Decimal): Exact => (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString());
export const decimalOf = (value: Exact): Decimal => BigInt(value) as Decimal;

export const sumOf = (a: Exact, b: Exact): Exact => {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return exactOf((BigInt(a) + BigInt(b)) as Decimal);
};
