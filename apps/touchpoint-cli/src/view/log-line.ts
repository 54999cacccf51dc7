import type { Paint } from './terminal.ts';

type ErrorShape = Readonly<{ name?: unknown; message?: unknown; code?: unknown; frames?: unknown; cause?: unknown }>;
const HIDDEN = new Set(['level', 'time', 'app', 'pid', 'msg', 'error', 'hostname']);
const STYLES = { fatal: 'red', error: 'red', warn: 'yellow', info: 'green', debug: 'dim', trace: 'dim' } as const;
const APP_WIDTH = 20;

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const parse = (line: string): Readonly<Record<string, unknown>> | undefined => {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

const errorLines = (error: ErrorShape, depth = 0): readonly string[] => [
  `    ${'  '.repeat(depth)}${[error.name, error.code].filter((part) => typeof part === 'string').join(' ')}: ${text(error.message ?? '')}`,
  ...(Array.isArray(error.frames) ? error.frames.slice(0, 3).map((frame) => `      ${'  '.repeat(depth)}${text(frame)}`) : []),
  ...(typeof error.cause === 'object' && error.cause !== null ? errorLines(error.cause as ErrorShape, depth + 1) : []),
];

/** A JSON line of a log for the eye: time (of this machine), level, process, message, fields; an error below it. Anything else is shown as it is. */
export const prettyLine = (line: string, paint: Paint, name?: string): string => {
  const parsed = parse(line);
  if (!parsed || typeof parsed['msg'] !== 'string') return name === undefined ? line : `${' '.repeat(19)}${name.padEnd(APP_WIDTH)} ${line}`;
  const { level, time, app, msg, error } = parsed;
  const at = new Date(time as string);
  const clock = Number.isNaN(at.getTime()) ? '            ' : `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  const style = STYLES[level as keyof typeof STYLES] ?? 'dim';
  const fields = Object.entries(parsed).filter(([key, value]) => !HIDDEN.has(key) && value !== null).map(([key, value]) => `${paint('dim', `${key}=`)}${text(value)}`);
  const head = `${paint('dim', clock)} ${paint(style, text(level ?? '').padEnd(5))} ${text(name ?? app ?? '').padEnd(APP_WIDTH)} ${msg}${fields.length > 0 ? `  ${fields.join(' ')}` : ''}`;
  return [head, ...(typeof error === 'object' && error !== null ? errorLines(error as ErrorShape) : [])].join('\n');
};

/** When a line was written, for putting the lines of several logs in order; a line that does not say goes with the one before it. */
export const timeOf = (line: string): number | undefined => {
  const time = parse(line)?.['time'];
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
};
