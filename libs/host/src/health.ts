import type { Instant } from '@touchpoint/kernel';
import type { Clock } from './clock.ts';

/** Resolves where all is well; throws, rejects or takes too long where it is not. */
export type Check = () => void | Promise<void>;
export type CheckState = 'up' | 'down';
/** `since` is when the state became what it is. `code` names why it is down; nothing else of the error is shown. */
export type CheckReport = Readonly<{ name: string; state: CheckState; since: Instant; code?: string }>;
export type HealthReport = Readonly<{ ok: boolean; checks: readonly CheckReport[] }>;

/** `limitMs`: how long the check may take (2 s). `keepMs`: how long an answer is good, so that asking often costs nothing (1 s); that it is down is good for 50 ms at most, for somebody waits for its end. */
export type CheckOptions = Readonly<{ limitMs?: number; keepMs?: number }>;

/** Checks by name. Each is bounded in time and runs once at a time. */
export type Checks = Readonly<{
  add(name: string, check: Check, options?: CheckOptions): void;
  remove(name: string): void;
  report(): Promise<HealthReport>;
}>;

/**
 * `live`: is the process worth keeping (restart it otherwise)? `ready`: may work be sent to it? Ready also asks that the app has
 * started and is not stopping, as the check `app`.
 */
export type Health = Readonly<{ live: Checks; ready: Checks; started(): void; stopping(): void }>;

const CODE = /^[\w.:-]{1,60}$/;
const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && CODE.test(code) ? code : 'FAILED';
};

const coded = (code: string) => Object.assign(new Error(code), { code });

const withLimit = async (check: Check, limitMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(coded('TIMED_OUT')), limitMs);
  });
  try {
    await Promise.race([Promise.resolve().then(check), late]);
  } finally {
    clearTimeout(timer);
  }
};

const KEEP_DOWN_MS = 50;

const createCheck = (clock: Clock, name: string, check: Check, { limitMs = 2_000, keepMs = 1_000 }: CheckOptions) => {
  let last: CheckReport | undefined;
  let goodUntil = -Infinity;
  let running: Promise<CheckReport> | undefined;
  const settle = (state: CheckState, code?: string): CheckReport => {
    const now = clock.now();
    last = { name, state, since: last?.state === state ? last.since : now, ...(code !== undefined && { code }) };
    goodUntil = now + (state === 'up' ? keepMs : Math.min(keepMs, KEEP_DOWN_MS));
    running = undefined;
    return last;
  };
  return (): Promise<CheckReport> => {
    if (last && clock.now() < goodUntil) return Promise.resolve(last);
    running ??= withLimit(check, limitMs).then(() => settle('up'), (error: unknown) => settle('down', codeOf(error)));
    return running;
  };
};

const createChecks = (clock: Clock): Checks => {
  const checks = new Map<string, () => Promise<CheckReport>>();
  return {
    add: (name, check, options = {}) => {
      if (checks.has(name)) throw new Error(`there is a health check ${name} already`);
      checks.set(name, createCheck(clock, name, check, options));
    },
    remove: (name) => void checks.delete(name),
    report: async () => {
      const reports = await Promise.all([...checks.values()].map((run) => run()));
      return { ok: reports.every(({ state }) => state === 'up'), checks: reports };
    },
  };
};

export const createHealth = (clock: Clock): Health => {
  const live = createChecks(clock);
  const ready = createChecks(clock);
  let phase: 'STARTING' | 'STARTED' | 'STOPPING' = 'STARTING';
  ready.add('app', () => {
    if (phase !== 'STARTED') throw coded(phase);
  }, { keepMs: 0 });
  return {
    live,
    ready,
    started: () => { if (phase === 'STARTING') phase = 'STARTED'; },
    stopping: () => { phase = 'STOPPING'; },
  };
};
