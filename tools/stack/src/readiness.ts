import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './log-file.ts';
import type { DeadPart } from './stack.ts';
import { StackError } from './stack-error.ts';

const probeLimitMs = 3000;

type Awaited = Readonly<{
  name: string;
  log?: string;
  probe(signal: AbortSignal): Promise<void>;
  /** How it ended, when it did. */
  dead(): Promise<DeadPart | undefined>;
  onWait(reason: string): void;
}>;

/** Asks until the part answers. Ends early when it died, and names it; at the deadline it says what was missing. */
export const untilReady = async (part: Awaited, deadline: number, signal?: AbortSignal): Promise<void> => {
  let told = Date.now();
  for (;;) {
    signal?.throwIfAborted();
    const reason = await part.probe(AbortSignal.timeout(probeLimitMs)).then(
      () => undefined,
      (error: unknown) => plain(error),
    );
    if (reason === undefined) return;
    const dead = await part.dead();
    if (dead) throw new StackError('STACK.PART_DIED', deathNotice(dead));
    if (Date.now() > deadline) {
      const lines = part.log ? await lastLines(part.log) : [];
      throw new StackError('STACK.NOT_READY', [`${part.name} did not become ready: ${reason}.`, ...(part.log ? [`Last lines of ${part.log}:`] : []), ...lines].join('\n'));
    }
    if (Date.now() - told > 5000) {
      told = Date.now();
      part.onWait(reason);
    }
    await sleep(100);
  }
};

export const deathNotice = ({ name, code, signal, log, lastLines: lines }: DeadPart): string => {
  const how = signal !== null ? `signal ${signal}` : code !== null ? `exit code ${code}` : 'exit code unknown';
  return [`${name} died (${how}). Last lines of ${log}:`, ...(lines.length > 0 ? lines : ['(it wrote nothing)'])].join('\n');
};

const plain = (error: unknown): string => {
  if (error instanceof AggregateError) return plain(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
};
