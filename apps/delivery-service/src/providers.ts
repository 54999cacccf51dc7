import type { Token } from '@touchpoint/host';
import type { MessageProvider } from './provider.port.ts';

/** Which provider carries which channel; undefined where none does. */
export type Providers = Readonly<{ providerFor: (channel: string) => MessageProvider | undefined }>;
export const PROVIDERS = 'touchpoint.providers' as Token<Providers>;

/** @throws Error when a channel has two providers: found at start, not at the first message. */
export const createProviders = (providers: readonly MessageProvider[]): Providers => {
  const byChannel = new Map<string, MessageProvider>();
  for (const provider of providers)
    for (const channel of provider.channels) {
      if (byChannel.has(channel)) throw new Error(`${channel} has two providers: ${byChannel.get(channel)!.name} and ${provider.name}`);
      byChannel.set(channel, provider);
    }
  return { providerFor: (channel) => byChannel.get(channel) };
};
