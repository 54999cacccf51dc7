import { parseArgs } from 'node:util';

/** What a benchmark is asked to do. `events` counts records on touchpoints.received. */
export type Options = Readonly<{
  name: string;
  events: number;
  customers: number;
  seed: number;
  /** How long orders, and the echo beside them, are sent; half of it each. */
  seconds: number;
  /** Orders a second; the targets are for 100. */
  rate: number;
  /** Names of the parts to run; all unless told. */
  parts: readonly string[] | undefined;
  profile: boolean;
  /** Leave the stack's data where they are, for a look afterwards. */
  keep: boolean;
}>;

export const USAGE = `npm run bench -- NAME [options]
  --events N      size of the backlog (1,000,000; smaller for a quick look)
  --customers N   how many customers it is about (100,000)
  --seed N        another backlog (1)
  --seconds N     how long orders and their echo are sent, half of it each (60)
  --rate N        orders a second (100; fewer to see what one costs while the machine is not full)
  --part NAME     only this part; may be given more than once
  --profile       also say where the time goes: functions of each Node process, statements, threads of the broker
  --keep          leave the data in .bench/run`;

const WHOLE = /^[1-9]\d{0,8}$/;
const whole = (name: string, text: string): number => {
  const plain = text.replaceAll(/[_,]/g, '');
  if (!WHOLE.test(plain)) throw new Error(`--${name} wants a whole number greater than 0`);
  return Number(plain);
};

/** @throws Error that says what is wrong with the command line. */
export const parseOptions = (args: readonly string[]): Options => {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      events: text('1000000'), customers: text('100000'), seed: text('1'), seconds: text('60'), rate: text('100'),
      part: { type: 'string', multiple: true }, profile: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false },
    },
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new Error('name one benchmark');
  const { part, profile, keep } = values;
  return {
    name, parts: part, profile, keep,
    events: whole('events', values.events), customers: whole('customers', values.customers), seed: whole('seed', values.seed), seconds: whole('seconds', values.seconds), rate: whole('rate', values.rate),
  };
};
