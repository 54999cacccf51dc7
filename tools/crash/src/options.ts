import { parseArgs } from 'node:util';

export type Options = Readonly<{ seed: number; /** Processes to kill, about. */ kills: number; pauses: number; /** Whether parts of the stack are killed too. */ parts: boolean; scale: number; keep: boolean }>;

export const USAGE = `npm run crash -- [options]
  --seed N      another load, other strikes (1)
  --kills N     processes to kill, about (210)
  --pauses N    workers that sleep through their time (6)
  --scale N     how many times as many people as the test in CI has (2)
  --no-parts    leaves Kafka, Postgres and the registry alone
  --keep        leaves data and logs in .bench/crash`;

const whole = (name: string, text: string): number => {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`--${name} wants a whole number`);
  return Number(text);
};

/** @throws Error that says what is wrong with the command line. */
export const parseOptions = (args: readonly string[]): Options => {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ args: [...args], options: { seed: text('1'), kills: text('210'), pauses: text('6'), scale: text('2'), 'no-parts': flag, keep: flag } });
  return { seed: whole('seed', values.seed), kills: whole('kills', values.kills), pauses: whole('pauses', values.pauses), scale: Math.max(1, whole('scale', values.scale)), parts: !values['no-parts'], keep: values.keep };
};
