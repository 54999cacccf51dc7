/** An exact decimal as a count of millionths (scale 6). Money, prices and quantities; never a float. */
export type Decimal = bigint & { readonly __unit: 'millionth' };
/** The product of two Decimals before it is rounded: a count of 10⁻¹². Sums stay exact; round once, at the end. */
export type Product = bigint & { readonly __unit: 'trillionth' };

/** Digits behind the point that a Decimal has. */
export const DECIMAL_SCALE = 6;
const ONE = 10n ** BigInt(DECIMAL_SCALE);
const PATTERN = /^([+-]?)(\d{1,32})(?:\.(\d+))?$/;

export const ZERO = 0n as Decimal;

/**
 * Reads a decimal from its text, or from a number through its shortest text (2.55 is "2.55").
 * @returns undefined when it is no decimal, or needs more than six places: nothing is rounded unseen.
 */
export const parseDecimal = (value: string | number): Decimal | undefined => {
  const text = typeof value === 'number' ? plainText(value) : value.trim();
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '0', places = ''] = match;
  const fraction = places.replace(/0+$/, '');
  if (fraction.length > DECIMAL_SCALE) return undefined;
  const millionths = BigInt(whole) * ONE + BigInt(fraction.padEnd(DECIMAL_SCALE, '0'));
  return (sign === '-' ? -millionths : millionths) as Decimal;
};

/** A number's plain text; numbers that print with an exponent (1e-7, 1e21) are not decimals of ours and fail the pattern. */
const plainText = (value: number): string => (Number.isFinite(value) ? String(value) : 'no number');

/** The shortest text: `2.55`, `-12`, `0.000001`. */
export const formatDecimal = (value: Decimal): string => {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(DECIMAL_SCALE + 1, '0');
  const fraction = digits.slice(-DECIMAL_SCALE).replace(/0+$/, '');
  return `${negative ? '-' : ''}${digits.slice(0, -DECIMAL_SCALE)}${fraction && `.${fraction}`}`;
};

export const add = (a: Decimal, b: Decimal): Decimal => (a + b) as Decimal;
export const subtract = (a: Decimal, b: Decimal): Decimal => (a - b) as Decimal;
export const negate = (a: Decimal): Decimal => -a as Decimal;
export const times = (a: Decimal, b: Decimal): Product => (a * b) as Product;

/** Sums products exactly and rounds once, half to even. */
export const roundedSum = (products: Iterable<Product>): Decimal => {
  let sum = 0n;
  for (const product of products) sum += product;
  const negative = sum < 0n;
  const size = negative ? -sum : sum;
  const whole = size / ONE;
  const twice = (size % ONE) * 2n;
  const rounded = twice > ONE || (twice === ONE && whole % 2n === 1n) ? whole + 1n : whole;
  return (negative ? -rounded : rounded) as Decimal;
};
