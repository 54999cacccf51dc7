import type { Tracing } from '@touchpoint/host';
import { at } from '@touchpoint/host/moments';
import type { SendMessage } from '@touchpoint/contracts';
import { failureKind, type Instant } from '@touchpoint/kernel';
import type { Claim, Settlement } from './message-store.ts';
import type { MessageProvider, OutgoingMessage, ProviderAnswer } from './provider.port.ts';

export type Command = SendMessage['data'];
export type Claimed = Readonly<{ claim: Claim; command: Command }>;
export type Dispatched = Claimed & Readonly<{ settlement: Settlement; seconds: number | null }>;

/**
 * What is looked at once more at the last moment: the message as it goes out, or why it does not.
 * @throws whatever keeps it from looking: the command waits.
 */
export type LastLook = (command: Command) => Promise<Readonly<{ message: OutgoingMessage }> | Readonly<{ held: string }> | Readonly<{ failed: string }>>;

export type DispatcherOptions = Readonly<{
  lastLook: LastLook;
  /** undefined: nobody carries this channel. */
  providerFor: (channel: string) => MessageProvider | undefined;
  callLimitMs: number;
  maxAttempts: number;
  retryMs: number;
  callsAtOnce: number;
  now: () => Instant;
  tracing: Tracing;
}>;

type Answer = ProviderAnswer | Readonly<{ answer: 'none'; reason: string }>;
type Over = Extract<Settlement, { state: 'held' | 'failed' }>;

/**
 * Whether a command whose outcome was lost is handed over again: the step asks for at least once, or the provider carries a command once however often it is
 * handed over. Otherwise the outcome is unknown, and said to be.
 */
const mayRepeat = ({ guarantee }: Command, { idempotent }: MessageProvider): boolean => idempotent || guarantee === 'atLeastOnce';

/** An attempt that was never answered may have carried the message: whatever speaks against it later, what became of it is not known. */
const ended = ({ lost }: Claim, settlement: Over, provider: MessageProvider | undefined): Settlement =>
  lost === null ? settlement : { state: 'unknown', provider: provider?.name ?? null, reason: `attempt ${lost} was not answered, then: ${settlement.reason}`, attempt: lost };

/**
 * Hands claimed commands to their providers, some at once, each bounded in time. Never throws for a single command: what a provider did not answer is tried
 * again or `unknown`, as its guarantee says; what could not be handed over waits, and loses no attempt by it.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** @param until by the monotonic clock: no call begins that could end behind the claim's deadline. */
  async dispatch(claims: readonly Claimed[], until: number): Promise<readonly Dispatched[]> {
    const results: Dispatched[] = [];
    const queue = claims[Symbol.iterator]();
    const lane = async () => {
      for (const one of queue) results.push({ ...one, ...(await this.#one(one, until)) });
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.callsAtOnce, claims.length) }, lane));
    return results;
  }

  async #one({ claim, command }: Claimed, until: number): Promise<Pick<Dispatched, 'settlement' | 'seconds'>> {
    const { callLimitMs, maxAttempts, providerFor } = this.#options;
    const uncalled = (settlement: Settlement) => ({ settlement, seconds: null });
    const provider = providerFor(command.channel);
    if (!provider) return uncalled(ended(claim, { state: 'failed', provider: null, reason: `no provider carries ${command.channel}` }, provider));
    if (claim.lost !== null && (claim.attempt > maxAttempts || !mayRepeat(command, provider)))
      return uncalled({ state: 'unknown', provider: provider.name, reason: 'the process that sent it died before it knew', attempt: claim.lost });
    const look = await this.#look(command);
    if ('waiting' in look) return uncalled(this.#waiting(look.waiting));
    if ('held' in look) return uncalled(ended(claim, { state: 'held', reason: look.held }, provider));
    if ('failed' in look) return uncalled(ended(claim, { state: 'failed', provider: null, reason: look.failed }, provider));
    const started = performance.now();
    if (started + callLimitMs > until) return uncalled(this.#waiting('claimed too long'));
    const { attempt, thread: { traceparent } } = claim;
    const span = traceparent === null ? undefined : this.#options.tracing.start(`call ${provider.name}`, { kind: 'client', parent: traceparent, attributes: { 'touchpoint.provider': provider.name, 'touchpoint.channel': command.channel, 'touchpoint.attempt': attempt } });
    const answer = await this.#call(provider, look.message, callLimitMs);
    span?.end({ failed: answer.answer === 'accepted' ? undefined : answer.answer });
    return { settlement: this.#settlementOf(claim, command, provider, answer), seconds: (performance.now() - started) / 1000 };
  }

  async #look(command: Command): Promise<Awaited<ReturnType<LastLook>> | Readonly<{ waiting: string }>> {
    if (this.#options.now() > command.notAfter) return { held: 'expired' };
    try {
      return await this.#options.lastLook(command);
    } catch (error) {
      return { waiting: `could not look at consent: ${codeOf(error)}` };
    }
  }

  async #call(provider: MessageProvider, message: OutgoingMessage, limitMs: number): Promise<Answer> {
    const signal = AbortSignal.timeout(limitMs);
    try {
      return await Promise.race([
        at('call', () => provider.send(message, signal)),
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true })),
      ]);
    } catch (error) {
      return { answer: 'none', reason: signal.aborted ? 'no answer in time' : failureKind(error) === 'Transient' ? 'provider unreachable' : 'call failed' };
    }
  }

  #settlementOf(claim: Claim, command: Command, provider: MessageProvider, answer: Answer): Settlement {
    const { name, idempotent } = provider;
    const { attempt } = claim;
    if (answer.answer === 'accepted') return { state: 'sent', provider: name, providerMessageId: answer.providerMessageId };
    const { reason } = answer;
    if (answer.answer === 'refused' && answer.permanent) {
      const failed: Over = { state: 'failed', provider: name, reason };
      // A provider that knows the command again would have said so, had it carried it before.
      return idempotent ? failed : ended(claim, failed, provider);
    }
    const lost = answer.answer === 'none';
    if (lost && !mayRepeat(command, provider)) return { state: 'unknown', provider: name, reason, attempt };
    const { maxAttempts, retryMs } = this.#options;
    if (attempt < maxAttempts) return { state: 'retry', provider: name, reason, afterMs: Math.min(retryMs * 2 ** (attempt - 1), 3_600_000), lost };
    const given = `${reason}; given up after ${attempt} attempts`;
    return lost ? { state: 'unknown', provider: name, reason: given, attempt } : ended(claim, { state: 'failed', provider: name, reason: given }, provider);
  }

  #waiting(reason: string): Settlement {
    return { state: 'waiting', reason, afterMs: this.#options.retryMs };
  }
}

/** Of a failure its code, which names no data; a defect's message may quote some. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'DEFECT');
