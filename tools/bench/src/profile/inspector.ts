import { setTimeout as sleep } from 'node:timers/promises';
import type { CpuProfile } from './self-times.ts';

/** The one port on which a Node process lets itself be looked into after SIGUSR1. */
const PORT = 9229;

type Answer = Readonly<{ id?: number; result?: Readonly<{ result?: Readonly<{ value?: unknown }>; exceptionDetails?: unknown }> }>;

const inspectorOf = async (pid: number): Promise<string> => {
  process.kill(pid, 'SIGUSR1');
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      const [target] = (await (await fetch(`http://127.0.0.1:${PORT}/json/list`)).json()) as readonly Readonly<{ title: string; webSocketDebuggerUrl: string }>[];
      if (target) return target.webSocketDebuggerUrl;
    } catch {
      // It does not listen yet.
    }
    await sleep(50);
  }
  throw new Error(`process ${pid} does not let itself be profiled; is port ${PORT} taken?`);
};

/** Evaluates an expression in a running Node process and closes its inspector again, so that the next process can have the port. */
const evaluate = async (pid: number, expression: string): Promise<unknown> => {
  const socket = new WebSocket(await inspectorOf(pid));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('the inspector refused the connection')));
  });
  const ask = (id: number, text: string): Promise<Answer> =>
    new Promise((resolve) => {
      const hear = ({ data }: MessageEvent) => {
        const answer = JSON.parse(String(data)) as Answer;
        if (answer.id !== id) return;
        socket.removeEventListener('message', hear);
        resolve(answer);
      };
      socket.addEventListener('message', hear);
      socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params: { expression: text, awaitPromise: true, returnByValue: true } }));
    });
  const { result } = await ask(1, expression);
  // Closing waits for its sessions, and this is one: it is asked for, and not waited for.
  socket.send(JSON.stringify({ id: 2, method: 'Runtime.evaluate', params: { expression: `setTimeout(() => process.getBuiltinModule('node:inspector').close(), 50)` } }));
  await sleep(20);
  socket.close();
  for (let tries = 0; tries < 100; tries += 1) {
    if (await fetch(`http://127.0.0.1:${PORT}/json/list`).then(() => false, () => true)) break;
    await sleep(50);
  }
  if (result?.exceptionDetails !== undefined) throw new Error(`the process ${pid} could not be profiled: ${JSON.stringify(result.exceptionDetails).slice(0, 300)}`);
  return result?.result?.value;
};

const START = (intervalUs: number) => `(async () => {
  const { Session } = process.getBuiltinModule('node:inspector/promises');
  const session = (globalThis.benchProfile = new Session());
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: ${intervalUs} });
  await session.post('Profiler.start');
})()`;
const STOP = (file: string) => `(async () => {
  const { profile } = await globalThis.benchProfile.post('Profiler.stop');
  globalThis.benchProfile.disconnect();
  process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(profile));
})()`;

/** Profiles a running process, one that was not started for it; nothing is opened to others meanwhile. */
export const startCpuProfile = async (pid: number, intervalUs = 1_000): Promise<void> => void (await evaluate(pid, START(intervalUs)));
/** Ends the profile and has the process write it. */
export const stopCpuProfile = async (pid: number, file: string): Promise<void> => void (await evaluate(pid, STOP(file)));
export type { CpuProfile };
