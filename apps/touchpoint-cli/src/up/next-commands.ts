import { existsSync } from 'node:fs';
import type { KeyTexts } from '../system/first-keys.ts';
import type { SystemView } from '../system/system.ts';

const hasDemo = existsSync(new URL('../commands/demo.command.ts', import.meta.url));

/** What to type after a start: what this checkout has. */
export const nextCommands = ({ processes }: Pick<SystemView, 'processes'>, firstKeys: KeyTexts | undefined, suffix: string): readonly string[] => {
  const ingest = processes.find(({ app }) => app === 'ingest-api');
  const event = `'{"userId":"42","event":"Order Completed","properties":{"orderId":"1","total":19.9,"currency":"EUR"}}'`;
  return [
    ...(hasDemo ? [`npx touchpoint demo${suffix}`] : []),
    ...(ingest && firstKeys ? [`curl -u ${firstKeys.write}: ${ingest.url}/v1/track -H 'content-type: application/json' -d ${event}`] : []),
    `npx touchpoint status${suffix}`,
  ];
};
