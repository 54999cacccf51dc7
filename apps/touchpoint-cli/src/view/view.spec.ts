import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@touchpoint/host/config';
import { CliError } from '../system/cli-error.ts';
import type { Status } from '../system/read-status.ts';
import { failureText } from './failure.ts';
import { noticeOf } from './notices.ts';
import { statusText } from './status.ts';
import { summary, withoutPassword } from './summary.ts';
import { columnsOf, duration, plain } from './terminal.ts';

describe('a failure', () => {
  it('of ours is one sentence, with its exit code', () => {
    expect(failureText(new CliError('X', 'Do this', { exitCode: 3, detail: ['a line'] }), plain)).toEqual({ text: 'touchpoint: Do this\n  a line\n', exitCode: 3 });
    expect(failureText(new ConfigError('app', [{ key: 'PORT', text: 'is not valid' }]), plain)).toMatchObject({ exitCode: 2 });
  });

  it('of a part of the stack says what its message says', () => {
    expect(failureText(Object.assign(new Error('Install Java'), { code: 'STACK.NO_JAVA' }), plain).text).toBe('touchpoint: Install Java\n');
  });

  it('that nobody foresaw shows where it was', () => expect(failureText(new Error('odd'), plain).text).toMatch(/odd\n.*view\.spec\.ts/s));
});

describe('notices', () => {
  const crash = { at: 0, code: null, signal: 'SIGKILL', lastLines: ['{"level":"error","time":"2026-03-01T10:20:30.456Z","app":"a","msg":"oh no"}'], againInMs: 500 };
  it('name the app that crashed, how, and its last lines', () => {
    const text = noticeOf({ kind: 'app', name: 'ingest-api', state: 'waiting', crash }, plain)!;
    expect(text).toMatch(/^ingest-api crashed \(signal SIGKILL\)\. It is started again in 0\.5 s\./);
    expect(text).toContain('oh no');
  });

  it('say that one is left alone', () => {
    expect(noticeOf({ kind: 'app', name: 'a', state: 'failed', crash: { ...crash, againInMs: undefined } }, plain)).toContain('left alone');
  });

  it('say what a thrown error says, however deep it was thrown', () => {
    const frames = Array.from({ length: 10 }, (_, i) => `    at frame${i} (file:///main.mjs:${i}:1)`);
    const lastLines = ['file:///main.mjs:1', "throw new Error('oh no');", '^', '', 'Error: oh no', ...frames, '', 'Node.js v24'];
    const text = noticeOf({ kind: 'app', name: 'a', state: 'waiting', crash: { ...crash, lastLines } }, plain)!;
    expect(text).toContain('    Error: oh no\n');
    expect(text).not.toContain('frame');
  });

  it('name the part that died, and are silent about what goes well', () => {
    expect(noticeOf({ kind: 'part-died', dead: { name: 'kafka', code: 1, signal: null, log: '/l', lastLines: ['last'] } }, plain)).toMatch(/^kafka died \(exit code 1\).*last$/s);
    expect(noticeOf({ kind: 'app', name: 'a', state: 'ready' }, plain)).toBeUndefined();
  });
});

describe('the end of a start', () => {
  const view = { dir: '/d', processes: [], connections: { kafkaBrokers: ['127.0.0.1:4092'], schemaRegistryUrl: 'http://127.0.0.1:4081/x', databaseUrl: 'postgres://touchpoint:secret@127.0.0.1:4032/touchpoint' } };
  it('shows no password', () => {
    expect(summary({ view, keysFile: '/d/keys.json', next: [] }, plain)).not.toContain('secret');
    expect(withoutPassword('postgres://a:b@h:1/d')).toBe('postgres://a:…@h:1/d');
  });

  it('shows the first keys, if there are any, and what to type next', () => {
    const text = summary({ view, firstKeys: { write: 'tp_w', import: 'tp_i', read: 'tp_r', operate: 'tp_o' }, keysFile: '/d/keys.json', next: ['do this'] }, plain);
    for (const shown of ['tp_w', 'tp_i', 'tp_r', 'tp_o', '/d/keys.json', 'do this']) expect(text).toContain(shown);
  });
});

describe('the status', () => {
  const app = { name: 'a', app: 'a', kind: 'worker', state: 'ready', ready: true, pid: 7, port: 4011, url: '', since: '2026-03-01T10:00:00.000Z', restarts: 0, lag: { records: 0, seconds: 0, failing: 0 } } as const;
  const status = (more: object): Status => ({ dir: '/d', pid: 1, since: app.since, ready: false, topicPrefix: '', lag: { records: 0, seconds: 0 }, parts: [], apps: [{ ...app, ...more }] });
  const text = (more: object): string => statusText(status(more), Date.parse('2026-03-01T10:02:05.000Z'), plain);

  it('tells for how long, and how far behind', () => {
    expect(text({})).toMatch(/a +ready +7 +4011 +2 min 5 s +none/);
    expect(text({ lag: { records: 12_345, seconds: 90, failing: 0 } })).toMatch(/12,345 records, 1 min 30 s/);
    expect(text({ lag: { records: 1, seconds: 1, failing: 2 } })).toContain('2 partitions failing');
    expect(text({ lag: { records: 0, seconds: 24, failing: 0 } })).toContain('not known for 24 s');
  });

  it('tells what is missing, and of a crash', () => {
    expect(text({ ready: false, why: 'postgres: TIMED_OUT' })).toContain('not ready (postgres: TIMED_OUT)');
    expect(text({ restarts: 3, lastCrash: { at: '2026-03-01T10:01:05.000Z', code: 1, signal: null, lastLines: [], againInMs: 1 } })).toMatch(/a crashed 1 min 0 s ago \(exit code 1\)/);
  });
});

describe('the terminal', () => {
  it('shows durations as people say them', () => expect([0.34, 9.96, 59.4, 61, 3_700, 200_000].map(duration)).toEqual(['0.3 s', '10.0 s', '59 s', '1 min 1 s', '1 h 1 min', '2 d 7 h']));
  it('aligns columns whatever their colour', () => expect(columnsOf([['\u001b[31ma\u001b[0m', 'b'], ['ccc', 'd']])).toBe('\u001b[31ma\u001b[0m    b\nccc  d'));
});
