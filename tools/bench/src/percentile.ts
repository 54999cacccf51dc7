/** The value that a share of all lies at or below (nearest rank). @throws Error for no values. */
export const percentile = (values: readonly number[], share: number): number => {
  if (values.length === 0) throw new Error('no values');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
};
