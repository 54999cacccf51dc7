import { pino, type DestinationStream } from 'pino';
import type { LogLevel } from './config-blocks.ts';
import { correlation } from './correlation.ts';
import { errorText } from './error-text.ts';
import { allowedFields, type LogFields } from './log-fields.ts';

/**
 * JSON lines with the correlation id of the work under way. Fields come from the list in `log-fields.ts`; the message is a constant
 * sentence, never built from data: `log.warn({ topic, error }, 'the send failed and is tried again')`.
 */
export type Log = Readonly<Record<Exclude<LogLevel, 'silent'>, (fields: LogFields, message: string) => void>> &
  Readonly<{
    /** The same log with fields that each of its lines has. */
    with(fields: LogFields): Log;
    isLevelEnabled(level: Exclude<LogLevel, 'silent'>): boolean;
  }>;

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export const createLogger = (app: string, level: LogLevel = 'info', destination?: DestinationStream): Log => {
  const sink = pino(
    {
      level,
      base: { app, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const work = correlation();
        return work ? { correlationId: work.correlationId } : {};
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
  const make = (bound: LogFields): Log => {
    const line = (at: (typeof LEVELS)[number]) => (fields: LogFields, message: string) => {
      if (sink.isLevelEnabled(at)) sink[at](allowedFields({ ...bound, ...fields }, errorText), message);
    };
    return {
      ...(Object.fromEntries(LEVELS.map((at) => [at, line(at)])) as Record<(typeof LEVELS)[number], ReturnType<typeof line>>),
      with: (fields) => make({ ...bound, ...fields }),
      isLevelEnabled: (at) => sink.isLevelEnabled(at),
    };
  };
  return make({});
};

/** Says nothing: for specs. */
export const silentLog: Log = createLogger('silent', 'silent', { write: () => undefined });
