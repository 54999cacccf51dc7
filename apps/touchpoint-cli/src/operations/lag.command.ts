import { setTimeout as sleep } from 'node:timers/promises';
import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { EXIT } from '../system/cli-error.ts';
import { columnsOf, duration, paintOut } from '../view/terminal.ts';
import { operationsClient, type OperationsClient } from './operations-client.ts';

type LagOptions = DirOption & Readonly<{ watch?: boolean; partitions?: boolean; json?: boolean }>;
type Shown = Readonly<{ records: number; seconds: number | null; trend: string; verdict: string }>;
type Consumer = Shown & Readonly<{
  consumer: string; topic: string; ours: boolean; pending: Readonly<{ count: number; oldestSeconds: number }>; parked: readonly Readonly<{ code: string; records: number; keys: number }>[];
  partitions: readonly (Shown & Readonly<{ partition: number; next: number; end: number }>)[];
}>;
type Lag = Readonly<{ at: string; overSeconds: number; verdict: string; consumers: readonly Consumer[] }>;

const WATCH_MS = 2_000;
/** How long a trend is waited for where there is none yet. */
const TREND_MS = 15_000;
const STYLES: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = { ok: 'green', 'catching up': 'yellow', unknown: 'yellow', behind: 'red', growing: 'red' };
const verdictText = (verdict: string): string => paintOut(STYLES[verdict] ?? 'red', verdict === 'growing' ? 'GROWING' : verdict);
const cellsOf = ({ records, seconds, trend, verdict }: Shown): readonly string[] => [records.toLocaleString('en'), seconds === null ? 'gone from the log' : records === 0 ? '' : duration(seconds), trend, verdictText(verdict)];

/** The partitions that are not as they should be, or all. */
const linesOf = ({ consumer, topic, ours, pending, parked, partitions, ...lag }: Consumer, all: boolean): readonly (readonly string[])[] => [
  [consumer, topic, ...cellsOf(lag), pending.count === 0 ? '' : `${pending.count.toLocaleString('en')}, ${duration(pending.oldestSeconds)}`, parked.map(({ code, keys }) => `${code}: ${keys}`).join(', '), ours ? '' : paintOut('dim', 'of no app of ours')],
  ...partitions.filter(({ verdict }) => all || verdict !== 'ok').map((one) => [`  /${one.partition}`, `${one.next} of ${one.end}`, ...cellsOf(one), '', '', '']),
];

export const lagText = ({ at, overSeconds, consumers, verdict }: Lag, all: boolean): string => {
  const head = ['CONSUMER', 'TOPIC', 'RECORDS', 'BEHIND', 'TREND', '', 'TO SEND, OLDEST', 'PARKED KEYS', ''].map((title) => paintOut('dim', title));
  const grows = consumers.filter((one) => one.ours && one.verdict === 'growing').map(({ consumer, topic }) => `${consumer} on ${topic}`);
  const last = verdict === 'growing' ? `GROWING: ${grows.join(', ')}. This is not ok: look at npx touchpoint status and npx touchpoint logs.` : `All together: ${verdict}.`;
  return `${columnsOf([head, ...consumers.flatMap((consumer) => linesOf(consumer, all))])}\n${paintOut('dim', `${at.slice(0, 19)}, trend over ${overSeconds} s.`)} ${last}\n`;
};

/** A trend needs some seconds of looking, which an operations-api that has just started has not had. */
const withTrend = async (client: OperationsClient, say: (text: string) => void): Promise<Lag> => {
  let told = false;
  for (const until = Date.now() + TREND_MS; ; await sleep(WATCH_MS)) {
    const lag = await client.get<Lag>('/v1/lag');
    if (lag.verdict !== 'unknown' || Date.now() > until) return lag;
    if (!told) say('Looking a few seconds, to see whether it grows …\n');
    told = true;
  }
};

const isFine = ({ verdict }: Lag): boolean => verdict === 'ok' || verdict === 'catching up';

export const lagCommand: CommandFile = (program, context) => {
  program
    .command('lag')
    .description('how far each consumer is behind, in records and seconds, and whether that grows')
    .option('--watch', 'again and again, until Ctrl-C')
    .option('--partitions', 'every partition, not only those that are behind')
    .option('--json', 'as JSON, with every partition')
    .option(...dirOption)
    .addHelpText('after', `\nWorks while workers are stopped: positions are in Postgres. Exit code 0 when all is ok or catching up, 1 when a lag grows or stands still, or cannot be told.\n${examples('lag', 'lag --watch', 'lag --json')}`)
    .action(async ({ watch, partitions = false, json, ...options }: LagOptions) => {
      const { terminal } = context;
      const client = await operationsClient(context, options);
      const show = (lag: Lag): void => terminal.out(json ? `${JSON.stringify(lag)}\n` : lagText(lag, partitions));
      if (!watch) {
        const lag = await withTrend(client, terminal.err);
        show(lag);
        if (!isFine(lag)) process.exitCode = EXIT.failed;
        return;
      }
      const away = new AbortController();
      process.once('SIGINT', () => away.abort());
      while (!away.signal.aborted) {
        const lag = await client.get<Lag>('/v1/lag');
        if (terminal.outIsTty && !json) terminal.out('\u001b[H\u001b[2J');
        show(lag);
        process.exitCode = isFine(lag) ? 0 : EXIT.failed;
        await sleep(WATCH_MS, undefined, { signal: away.signal }).catch(() => undefined);
      }
    });
};
