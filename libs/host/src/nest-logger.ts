import type { LoggerService } from '@nestjs/common';
import { isError, scrubbed } from './error-text.ts';
import type { LogFields } from './log-fields.ts';
import type { Log } from './logger.ts';

/** What Nest says of its own starting is for whoever looks for a fault in it. */
const CHATTER = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication', 'NestMicroservice']);

/** Nest's log lines, as ours: text with what may be data taken out, errors by `errorText`; any other object is not printed. */
export const nestLogger = (log: Log): LoggerService => {
  const line = (level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace') => (message: unknown, ...rest: unknown[]) => {
    const context = rest.findLast((part): part is string => typeof part === 'string' && /^\w{1,80}$/.test(part));
    const error = isError(message) ? message : rest.find(isError);
    const fields: LogFields = { context, error };
    const text = typeof message === 'string' ? scrubbed(message) : error ? 'Nest met an error' : 'Nest logged an object, which is not printed';
    log[level === 'info' && CHATTER.has(context ?? '') ? 'debug' : level](fields, text);
  };
  return { log: line('info'), error: line('error'), warn: line('warn'), debug: line('debug'), verbose: line('trace'), fatal: line('fatal') };
};
