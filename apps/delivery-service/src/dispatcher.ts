import type { SendMessage } from '@touchpoint/contracts';
import { failureKind } from '@touchpoint/kernel';
import type { Claim, Settlement } from './message-store.ts';
import type { MessageProvider, OutgoingMessage, ProviderAnswer } from './provider.port.ts';

export type Command = SendMessage['data'];
export type Dispatched = Readonly<{ claim: Claim; command: Command; settlement: Settlement; seconds: number | null }>;

/** What is looked at once more at the last moment: the message as it goes out, or why it does not. */
export type LastLook = (command: Command) => Promise<Readonly<{ message: OutgoingMessage }> | Readonly<{ held: string }> | Readonly<{ failed: string }>>;

/**
 * Whether a command whose outcome was lost is handed over again: the step asks for at least once, or the provider carries a command once however often it is
 * handed over. Otherwise the outcome is unknown, and said to be.
 */
export const mayRepeat = ({ guarantee }: Command, { idempotent }: Pick<MessageProvider, 'idempotent'>): boolean => idempotent || guarantee === 'atLeastOnce';

export type DispatcherOptions = Readonly<{
  lastLook: LastLook;
  providerFor: (channel: OutgoingMessage['channel']) => MessageProvider;
  callLimitMs: number;
  maxAttempts: number;
  retryMs: number;
  callsAtOnce: number;
}>;

/**
 * Hands claimed commands to their providers, some at once, each bounded in time. Never throws for a single command: what a provider did not answer is
 * `unknown`, and its message class decides what follows.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** @param until by the monotonic clock: no call begins that could end behind the claim's deadline. */
  async dispatch(claims: readonly Readonly<{ claim: Claim; command: Command }>[], until: number): Promise<readonly Dispatched[]> {
    const results: Dispatched[] = [];
    const queue = claims[Symbol.iterator]();
    const lane = async () => {
      for (const one of queue) {
        const settled = await this.#one(one.claim, one.command, until);
        if (settled) results.push({ ...one, ...settled });
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.callsAtOnce, claims.length) }, lane));
    return results;
  }

  async #one(claim: Claim, command: Command, until: number): Promise<{ settlement: Settlement; seconds: number | null } | undefined> {
    const { lastLook, providerFor, callLimitMs } = this.#options;
    const look = await lastLook(command).catch(() => undefined);
    // Nothing was handed over yet, so trying again is safe for every class.
    if (!look) return { settlement: this.#retry(claim, 'could not look at consent and contact points', 'none'), seconds: null };
    if ('held' in look) return { settlement: { state: 'held', reason: look.held }, seconds: null };
    if ('failed' in look) return { settlement: { state: 'failed', provider: null, reason: look.failed }, seconds: null };
    const started = performance.now();
    // Too late to be back in time: the claim is left to its deadline, which knows that nothing was sent only by trying again.
    if (started + callLimitMs > until) return { settlement: this.#retry(claim, 'claimed too long', 'none'), seconds: null };
    const provider = providerFor(look.message.channel);
    const answer = await this.#call(provider, look.message, callLimitMs);
    return { settlement: this.#settlementOf(claim, command, provider, answer), seconds: (performance.now() - started) / 1000 };
  }

  async #call(provider: MessageProvider, message: OutgoingMessage, limitMs: number): Promise<ProviderAnswer | Readonly<{ answer: 'none'; reason: string }>> {
    const signal = AbortSignal.timeout(limitMs);
    try {
      return await Promise.race([
        provider.send(message, signal),
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true })),
      ]);
    } catch (error) {
      return { answer: 'none', reason: signal.aborted ? 'no answer in time' : failureKind(error) === 'Transient' ? 'provider unreachable' : 'call failed' };
    }
  }

  #settlementOf(claim: Claim, command: Command, provider: MessageProvider, answer: ProviderAnswer | Readonly<{ answer: 'none'; reason: string }>): Settlement {
    const { name } = provider;
    if (answer.answer === 'accepted') return { state: 'sent', provider: name, providerMessageId: answer.providerMessageId };
    if (answer.answer === 'refused') return answer.permanent ? { state: 'failed', provider: name, reason: answer.reason } : this.#retry(claim, answer.reason, name);
    return mayRepeat(command, provider) ? this.#retry(claim, answer.reason, name) : { state: 'unknown', provider: name, reason: answer.reason };
  }

  #retry({ attempt }: Claim, reason: string, provider: string): Settlement {
    const { maxAttempts, retryMs } = this.#options;
    return attempt >= maxAttempts ? { state: 'failed', provider, reason: `${reason}; given up after ${attempt} attempts` } : { state: 'retry', provider, reason, afterMs: Math.min(retryMs * 2 ** (attempt - 1), 3_600_000) };
  }
}
