import { parseArgs } from 'node:util';

export type Options = Readonly<{ seed: number; inputs: number; keep: boolean }>;

export const USAGE = `npm run fuzz -- [options]
  --seed N     other inputs (1)
  --inputs N   how many: members of batches and records count each (1000000)
  --keep       leaves data and logs in .bench/fuzz`;

const whole = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} wants a whole number`);
  return Number(text);
};

/** @throws Error that says what is wrong with the command line. */
export const parseOptions = (args: readonly string[]): Options => {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const { values } = parseArgs({ args: [...args], options: { seed: text('1'), inputs: text('1000000'), keep: { type: 'boolean', default: false } } });
  return { seed: whole('seed', values.seed), inputs: Math.max(1, whole('inputs', values.inputs)), keep: values.keep };
};
