import { existsSync } from 'node:fs';
import type { KeyTexts } from '../system/first-keys.ts';
import type { ProcessView } from '../system/system.ts';

const hasDemo = existsSync(new URL('../commands/demo.command.ts', import.meta.url));

/** An event that says itself who sent it when: whoever types it again adds nothing. */
export const firstEvent = {
  messageId: 'my-first-order', userId: '42', event: 'Order Completed',
  properties: { order_id: '1', currency: 'EUR', total: '19.90', products: [{ product_id: 'mug', quantity: 2, price: '9.95' }] },
};

/** What to type after a start: what this checkout has. */
export const nextCommands = ({ processes }: Readonly<{ processes: readonly Pick<ProcessView, 'app' | 'url'>[] }>, firstKeys: KeyTexts | undefined, suffix: string): readonly string[] => {
  const ingest = processes.find(({ app }) => app === 'ingest-api');
  return [
    ...(hasDemo ? [`npx touchpoint demo${suffix}`] : []),
    ...(ingest && firstKeys ? [`curl -u ${firstKeys.write}: ${ingest.url}/v1/track -H 'content-type: application/json' -d '${JSON.stringify(firstEvent)}'`] : []),
    `npx touchpoint status${suffix}`,
  ];
};
