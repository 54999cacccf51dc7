import type { Context } from '../command.ts';
import type { DemoOptions } from '../commands/demo.command.ts';
import { ingestClient, type IngestClient } from '../import/ingest-client.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { readControl } from '../system/control-client.ts';
import { readOwnKeys } from '../system/first-keys.ts';
import { untilIdle } from '../system/idle.ts';
import { about } from '../command.ts';
import { withPool } from '../system/set-up.ts';
import type { SystemView } from '../system/system.ts';
import { progressBoard } from '../view/progress-board.ts';
import { columnsOf, paint, paintOut } from '../view/terminal.ts';
import { readFindings, sentUnopened, type Findings, type SentMessage } from './findings.ts';
import { demoReactions, demoShop, type DemoEvent } from './shop.ts';

const BATCH = 50;
const MAX_TRIES = 20;
const IDLE_LIMIT_MS = 300_000;

const postAll = async (client: IngestClient, events: readonly DemoEvent[], tell: (done: number) => void): Promise<void> => {
  for (let from = 0; from < events.length; from += BATCH) {
    const batch = events.slice(from, from + BATCH);
    for (let tries = 1; ; tries += 1) {
      const answer = await client.post(batch.map((event) => JSON.stringify(event)), AbortSignal.timeout(60_000));
      if (answer.kind === 'taken' && answer.refused.length === 0) break;
      if (answer.kind === 'taken') throw new CliError('DEMO.REFUSED', `ingest-api refused an event of the demo: ${answer.refused[0]!.message}`);
      if (answer.kind === 'too-large' || tries === MAX_TRIES) throw new CliError('DEMO.NOT_TAKEN', `ingest-api does not take the demo's events${'why' in answer ? `: ${answer.why}` : ''}`);
      await new Promise((resolve) => setTimeout(resolve, answer.afterMs ?? 500));
    }
    tell(Math.min(from + BATCH, events.length));
  }
};

/** Whose message it was, by the name the shop knows: asked for at query-api, which alone can turn it into a customer. */
const namesOf = async (queryUrl: string, key: string, users: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const names = new Map<string, string>();
  for (const user of users) {
    const response = await fetch(`${queryUrl}/v1/customers/by/user/${encodeURIComponent(user)}`, { headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(10_000) });
    if (response.ok) names.set(((await response.json()) as { customerId: string }).customerId, user);
  }
  return names;
};

const tableOf = (title: string, rows: readonly (readonly string[])[]): string => (rows.length === 0 ? '' : `\n${paintOut('bold', title)}\n${columnsOf(rows, '  ')}`);

const findingsText = ({ events, customers, decisions, messages, waiting }: Findings): string =>
  [
    tableOf(`${events.reduce((sum, { count }) => sum + count, 0)} records on the timelines of ${customers} customers`, events.map(({ what, count }) => [String(count), what])),
    tableOf('What was decided', decisions.map(({ journey, verdict, reason, count }) => [String(count), journey, verdict === 'send' ? 'sent' : 'held', reason ?? ''])),
    tableOf('What went out (to the sandbox)', messages.map(({ channel, sent, opened, clicked }) => [String(sent), channel, `${opened} opened`, `${clicked} clicked`])),
    waiting.runs === 0 ? '' : `\n${waiting.runs} journeys wait; the first timer is due on ${new Date(waiting.firstDueAt!).toISOString().slice(0, 10)}.\n`,
  ].join('');

/** Plays the shop, waits until everything is folded, decided and delivered, lets people react, and says what is there now. */
export const playDemo = async (context: Context, options: DemoOptions): Promise<void> => {
  const { places } = about(context, options);
  const running = async (): Promise<SystemView> => {
    const view = await readControl<SystemView>(places.dir);
    if (!view?.connections) throw new CliError('CLI.NOT_RUNNING', `No system runs in ${places.dir}: start it with npx touchpoint up`, { exitCode: EXIT.notRunning });
    return view;
  };
  const view = await running();
  const keys = await readOwnKeys(places);
  const urlOf = (app: string): string => {
    const found = view.processes.find((one) => one.app === app);
    if (!found) throw new CliError('CLI.NOT_RUNNING', `No ${app} runs in ${places.dir}: see npx touchpoint status`, { exitCode: EXIT.notRunning });
    return found.url;
  };
  if (!keys) throw new CliError('DEMO.NO_KEYS', `There are no keys in ${places.keys}: run npx touchpoint up`);
  const client = ingestClient({ url: urlOf('ingest-api'), key: keys.write });
  const until = Date.now();
  const { customers, events } = demoShop({ seed: options.seed, customers: options.customers, until });
  const board = progressBoard(context.terminal, paint);
  const step = async <T>(part: string, text: string, work: (say: (text: string) => void) => Promise<T>, done: (value: T) => string): Promise<T> => {
    const say = (now: string) => board.tell({ part, state: 'busy', text: now });
    say(text);
    const value = await work(say);
    board.tell({ part, state: 'done', text: done(value) });
    return value;
  };
  const settle = (part: string) => step(part, 'waiting until all is folded, decided and delivered', (say) => untilIdle(running, IDLE_LIMIT_MS, say), () => 'nothing left to do');
  const { databaseUrl } = view.connections!;

  try {
    await step('shop', `${customers.length} customers`, (say) => postAll(client, events, (done) => say(`${done} of ${events.length} events`)), () => `${events.length} events of ${customers.length} customers`);
    await settle('system');
    const sent = await withPool(databaseUrl, sentUnopened);
    const names = await step('people', 'reading their mail', () => namesOf(urlOf('query-api'), keys.read, customers), (found) => `${found.size} customers known`);
    const ours = sent.flatMap(({ commandId, customerId, channel }: SentMessage) => (names.has(customerId) ? [{ commandId, customer: names.get(customerId)!, channel }] : []));
    const reactions = demoReactions(options.seed, until, ours);
    await step('reactions', 'opening mails', (say) => postAll(client, reactions, (done) => say(`${done} of ${reactions.length}`)), () => `${reactions.length} to ${ours.length} messages`);
    await settle('system again');
    const findings = await withPool(databaseUrl, readFindings);
    const [customerId, userId] = [...names].find(([id]) => ours.some(({ customer }) => customer === names.get(id))) ?? [...names][0] ?? [];
    board.end();
    context.terminal.out(findingsText(findings));
    if (customerId && userId) {
      const base = `${urlOf('query-api')}/v1/customers/${customerId}`;
      const rows = [['profile', `${urlOf('query-api')}/v1/customers/by/user/${userId}`], ['timeline', `${base}/timeline`], ['messages', `${base}/messages`], ['sandbox', `${urlOf('delivery-service')}/sandbox?customerId=${customerId}`]];
      context.terminal.out(`${tableOf(`One of them, ${userId}`, rows)}\nThey ask for a key with customers:read, messages:read and sandbox:read; the command's own lies in ${places.keys} ("read"):\n  curl -u "$(node -p 'JSON.parse(fs.readFileSync("${places.keys}")).read'):" ${rows[2]![1]}\n`);
    }
  } finally {
    board.end();
  }
};
