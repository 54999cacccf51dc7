import { InvalidArgumentError } from 'commander';

const limit = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000) throw new InvalidArgumentError('expected a whole number up to 1000');
  return value;
};

/** `--limit` of a list that operations-api gives. */
export const limitOption = (usual: number) => ['--limit <count>', 'at most so many', limit, usual] as const;
