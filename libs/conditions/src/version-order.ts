const VERSION = /^\d{1,9}(?:\.\d{1,9}){0,5}/;
const numbersOf = (text: string): readonly number[] | undefined => VERSION.exec(text)?.[0].split('.').map(Number);

/** −1, 0 or 1 for two versions (4.10 is after 4.9; 4.2 is 4.2.0; what follows the numbers does not count); NaN where one is none. */
export const versionOrder = (a: string, b: string): number => {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  if (!left || !right) return NaN;
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
};
