import type { Token } from '@touchpoint/host';
import type { MessageProvider } from './provider.port.ts';

/** Which provider carries which channel. */
export type Providers = Readonly<{ providerFor: (channel: string) => MessageProvider }>;
export const PROVIDERS = 'touchpoint.providers' as Token<Providers>;

/** @throws Error when a channel has no provider, or two: found at start, not at the first message. */
export const createProviders = (providers: readonly MessageProvider[]): Providers => {
  const byChannel = new Map<string, MessageProvider>();
  for (const provider of providers)
    for (const channel of provider.channels) {
      if (byChannel.has(channel)) throw new Error(`${channel} has two providers: ${byChannel.get(channel)!.name} and ${provider.name}`);
      byChannel.set(channel, provider);
    }
  return {
    providerFor: (channel) => {
      const provider = byChannel.get(channel);
      if (!provider) throw new Error(`no provider carries ${channel}`);
      return provider;
    },
  };
};
