import type { KeyTexts, KeyUse } from '../system/first-keys.ts';
import type { ProcessView, SystemView } from '../system/system.ts';
import { presentApps } from '../system/apps.ts';
import { columnsOf, type Paint } from './terminal.ts';

const KEY_USES: Readonly<Record<KeyUse, string>> = {
  write: 'publishes events',
  import: 'publishes history; larger events',
  read: 'reads customers, messages, the sandbox',
  operate: 'parked events, journeys, the sandbox',
};

/** A database URL as it may be printed. */
export const withoutPassword = (url: string): string => {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '…';
  return shown.href.replaceAll('%E2%80%A6', '…');
};

/** Where everything is, as a table: what people call, then the workers, then the stack. */
export const urlTable = ({ processes, connections }: Pick<SystemView, 'processes' | 'connections'>, paint: Paint): string => {
  const apps = new Map(presentApps().map((app) => [app.name, app]));
  const row = ({ app, name, url, state }: ProcessView): readonly string[] => {
    const entry = apps.get(app);
    return [name, paint('cyan', `${url}${entry?.path ?? ''}`), state === 'ready' ? paint('dim', entry?.says ?? '') : paint('red', state)];
  };
  const of = (kind: string) => processes.filter((process) => process.kind === kind).map(row);
  const stack = connections
    ? [
        ['Kafka', connections.kafkaBrokers.join(',')],
        ['schema registry', withoutPassword(connections.schemaRegistryUrl)],
        ['Postgres', withoutPassword(connections.databaseUrl)],
      ]
    : [];
  return [columnsOf([...of('http'), ...of('worker')], '  '), ...(stack.length > 0 ? [columnsOf(stack, '  ')] : [])].join('\n\n');
};

/** The first keys. Nobody can show them a second time. */
export const keyTable = (keys: KeyTexts, paint: Paint): string => columnsOf((Object.keys(KEY_USES) as KeyUse[]).map((use) => [use, paint('bold', keys[use]), paint('dim', KEY_USES[use])]), '  ');

export type SummaryInput = Readonly<{ view: Pick<SystemView, 'processes' | 'connections' | 'dir'>; firstKeys?: KeyTexts | undefined; seconds?: number | undefined; keysFile: string; next: readonly string[] }>;

/** What stands at the end of a start: URLs, keys if they are new, and what to type next. */
export const summary = ({ view, firstKeys, keysFile, next }: SummaryInput, paint: Paint): string =>
  [
    '',
    urlTable(view, paint),
    '',
    ...(firstKeys
      ? [
          `${paint('bold', 'API keys, shown this once')} (only their hashes are kept; make others with: npx touchpoint keys create NAME --scope SCOPE)`,
          keyTable(firstKeys, paint),
          paint('dim', `  The command keeps keys of its own in ${keysFile} (mode 0600), so that you need to type none for it.`),
        ]
      : [paint('dim', '  The API keys were shown at the first start. Another one: npx touchpoint keys create NAME --scope events:write')]),
    '',
    paint('bold', 'Next'),
    ...next.map((command) => `  ${command}`),
    '',
  ].join('\n');
