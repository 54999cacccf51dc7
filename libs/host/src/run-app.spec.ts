import { Module } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { defineConfig, http } from './config.ts';
import { createLogger } from './logger.ts';
import { runApp, type ProcessPort } from './run-app.ts';
import type { AppOptions } from './app.ts';
import { STOP } from './tokens.ts';

class Empty {}
Module({})(Empty);

/** A process that only notes what is done to it. */
const fakeProcess = () => {
  const listeners = new Map<string, (what: unknown) => void>();
  const lines: Record<string, unknown>[] = [];
  const complaints: string[] = [];
  const codes: number[] = [];
  let exited: (code: number) => void = () => undefined;
  const exit = new Promise<number>((resolve) => { exited = resolve; });
  const port: ProcessPort = {
    on: (event, listener) => listeners.set(event, listener),
    complain: (text) => void complaints.push(text),
    exit: (code) => { codes.push(code); exited(code); },
  };
  const log = createLogger('spec-app', 'info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const send = (event: string, what?: unknown) => listeners.get(event)!(what);
  return { port, log, lines, complaints, codes, exit, send, messages: () => lines.map((line) => line['msg']) };
};
const options = (log: AppOptions['log'], more: Partial<AppOptions> = {}): AppOptions => ({ name: 'spec-app', module: Empty, config: defineConfig('spec-app', http(4009)), env: { PORT: '0' }, ...(log && { log }), ...more });

describe('an app that runs', () => {
  it.each(['SIGTERM', 'SIGINT'])('ends with 0 after %s', async (signal) => {
    const it = fakeProcess();
    await runApp(options(it.log), it.port);
    it.send(signal);
    expect(await it.exit).toBe(0);
    expect(it.messages()).toEqual(['started', 'asked to stop', 'stopped']);
    expect(it.lines[0]).toMatchObject({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), host: '127.0.0.1' });
  });
  it('ends at once when it is asked twice', async () => {
    const it = fakeProcess();
    await runApp(options(it.log, { onStop: () => new Promise(() => undefined), env: { PORT: '0', STOP_LIMIT_MS: '1000' } }), it.port);
    it.send('SIGTERM');
    it.send('SIGTERM');
    expect(it.codes).toEqual([130]);
  });
  it('ends with 1 where it cannot stop in order', async () => {
    const it = fakeProcess();
    await runApp(options(it.log, { onStop: () => { throw new Error('x'); } }), it.port);
    it.send('SIGTERM');
    expect(await it.exit).toBe(1);
  });
  it.each(['uncaughtException', 'unhandledRejection'])('stops in order and ends with 1 after %s', async (event) => {
    const it = fakeProcess();
    await runApp(options(it.log), it.port);
    it.send(event, new Error('nobody caught it'));
    it.send(event, new Error('and another'));
    expect(await it.exit).toBe(1);
    expect(it.messages()).toEqual(['started', 'the app stops by its own fault', 'the app stops by its own fault', 'stopped']);
  });
  it('stops by STOP, and ends with 1', async () => {
    const it = fakeProcess();
    let stop: ((reason: unknown) => void) | undefined;
    await runApp(options(it.log, { strategies: (app) => { stop = app.get(STOP); return []; } }), it.port);
    stop!(new Error('the log was cut'));
    expect(await it.exit).toBe(1);
    expect(it.lines[1]).toMatchObject({ level: 'fatal', error: { message: 'the log was cut' } });
  });
});

describe('an app that does not start', () => {
  it('says which keys are wrong, and ends with 1', async () => {
    const it = fakeProcess();
    await runApp(options(it.log, { env: { PORT: 'pw-in-port', LOG_LEVEL: 'pw-in-level' } }), it.port);
    expect(it.codes).toEqual([1]);
    expect(it.complaints.join()).toMatch(/PORT .*\n.*LOG_LEVEL/);
    expect(it.complaints.join()).not.toContain('pw-in');
  });
  it('says what happened, and ends with 1', async () => {
    const it = fakeProcess();
    await runApp(options(it.log, { http: { configure: () => { throw new Error('no page'); } } }), it.port);
    expect(it.codes).toEqual([1]);
    expect(it.lines).toMatchObject([{ level: 'fatal', msg: 'could not start', error: { message: 'no page' } }]);
  });
  it('stops what was begun when it is asked while starting', async () => {
    const it = fakeProcess();
    let stopped = false;
    await runApp(options(it.log, { http: { configure: () => it.send('SIGTERM') }, onStop: () => { stopped = true; } }), it.port);
    expect([it.codes, stopped]).toEqual([[0], true]);
    expect(it.messages()).toEqual(['asked to stop', 'stopped']);
  });
});
