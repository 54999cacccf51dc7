import { toIso, type Instant } from '@touchpoint/kernel';
import type { Batch, Lane } from './load.ts';

/** A message as the sandbox shows it. */
export type Carried = Readonly<{ commandId: string; channel: string; to: string; parts: Readonly<Record<string, string>> }>;

/** Behind everything that people of the load do by themselves, and before it is sent. */
const RESPONSES_MS = 14 * 3_600_000;
const IN_A_BATCH = 10;
const ANSWER = 'answer/';
export const isAnswer = (messageId: string): boolean => messageId.startsWith(ANSWER);

/**
 * What people do about what they got: openers open and click, pushes are tapped, some e-mails bounce. One event a message, whose id and time hang on the
 * message alone; `known` are those that were answered in an earlier phase.
 */
export const responsesTo = (carried: readonly Carried[], known: ReadonlySet<string>, base: Instant): { lane: Lane; answered: readonly string[] } => {
  const sorted = [...carried].sort((a, b) => (a.commandId < b.commandId ? -1 : 1));
  const events = sorted.filter(({ commandId }) => !known.has(commandId)).flatMap((one) => {
    const said = saidTo(one);
    if (!said) return [];
    const { event, userId, properties } = said;
    return [{ type: 'track', event, userId, properties: { commandId: one.commandId, ...properties }, messageId: ANSWER + one.commandId, timestamp: toIso(base + RESPONSES_MS + (Number.parseInt(one.commandId.slice(0, 6), 16) % 3_600) * 1_000) }];
  });
  const lane: Batch[] = [];
  for (let i = 0; i < events.length; i += IN_A_BATCH) lane.push({ key: 'write', events: events.slice(i, i + IN_A_BATCH) });
  return { lane, answered: sorted.map(({ commandId }) => commandId) };
};

const saidTo = ({ channel, to, parts }: Carried): { event: string; userId: string; properties: object } | undefined => {
  if (channel === 'push') return { event: 'Push Notification Tapped', userId: to.replace(/^token-/, ''), properties: { action: 'open' } };
  const userId = to.replace(/@.*$/, '');
  const isWinBack = /while/.test(parts['subject'] ?? '');
  const number = Number(/\d+$/.exec(userId)?.[0] ?? 0);
  if (userId.startsWith('opener') && isWinBack) return { event: number % 2 === 0 ? 'Email Opened' : 'Email Link Clicked', userId, properties: number % 2 === 0 ? {} : { link_url: 'https://shop.example/new' } };
  if (userId.startsWith('held') && isWinBack) return { event: 'Email Bounced', userId, properties: { bounceType: 'hard', email: to, reason: 'no such mailbox' } };
  if (userId.startsWith('returning')) return { event: 'Email Opened', userId, properties: {} };
  return undefined;
};
