import type { Connections, Stack, StackPart } from '@touchpoint/stack';
import type { AppProcess } from './app-process.ts';
import { buildBundles, buildError } from './bundles.ts';
import { CliError } from './cli-error.ts';
import type { KeyTexts } from './first-keys.ts';
import { untilIdle } from './idle.ts';
import { rotate } from './log-files.ts';
import { logFile } from './places.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';
import { steps } from './steps.ts';
import { SYSTEM_LOG, type SystemLog } from './system-log.ts';
import type { ProcessView, Progress, System, SystemEvent, SystemView } from './system.ts';

const ROTATE_EVERY_MS = 5_000;
const READY_WITHIN_MS = 120_000;

/** A system from its first part on: what was started is put in here at once, so that it can be stopped at any moment. */
export class RunningSystem implements System {
  readonly settings: Settings;
  readonly since = Date.now();
  stack: Stack | undefined;
  secrets!: Secrets;
  keys!: KeyTexts;
  firstKeys?: KeyTexts;
  ready = false;
  closeControl: (() => Promise<void>) | undefined;
  readonly apps = new Map<string, AppProcess>();
  readonly #log: SystemLog;
  readonly #heard = new Set<(event: SystemEvent) => void>();
  readonly #rotating: NodeJS.Timeout;
  #stopping: Promise<void> | undefined;
  readonly #stopped: Progress[] = [];
  readonly #watchStop = new Set<(progress: Progress) => void>();

  constructor(settings: Settings, log: SystemLog) {
    this.settings = settings;
    this.#log = log;
    const logs = [SYSTEM_LOG, ...settings.instances.map(({ name }) => name)].map((name) => logFile(settings.places, name));
    this.#rotating = setInterval(() => {
      for (const path of logs) void rotate(path).catch(() => undefined);
    }, ROTATE_EVERY_MS).unref();
  }

  get dir(): string {
    return this.settings.places.dir;
  }

  get topicPrefix(): string {
    return this.settings.topicPrefix;
  }

  get connections(): Connections {
    if (!this.stack) throw new CliError('SYSTEM.NO_STACK', 'The stack is not there yet: wait until the system has started');
    const { kafkaBrokers, schemaRegistryUrl, databaseUrl } = this.stack;
    return { kafkaBrokers, schemaRegistryUrl, databaseUrl };
  }

  get parts(): readonly StackPart[] {
    return this.stack?.parts ?? [];
  }

  view(): SystemView {
    const { dir, since, ready, topicPrefix, parts } = this;
    return { pid: process.pid, dir, since, ready, topicPrefix, parts, processes: this.processes(), ...(this.stack && { connections: this.connections }) };
  }

  processes(): readonly ProcessView[] {
    return [...this.apps.values()].map(({ view }) => view);
  }

  urlOf(app: string): string {
    return this.#process(app).url;
  }

  kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): number | undefined {
    return this.#process(name).kill(signal);
  }

  async startMissing(onProgress: (progress: Progress) => void = () => undefined): Promise<void> {
    const missing = [...this.apps.values()].filter(({ view: { state } }) => state === 'failed' || state === 'stopped');
    const step = steps(onProgress, new AbortController().signal);
    const apps = [...new Set(missing.map(({ launch }) => launch.instance.app.name))];
    await step.run('build', 'bundling the apps', async () => {
      const broken = await buildBundles(apps);
      if (broken.length > 0) throw buildError(broken);
    }, () => `${apps.length} apps bundled`);
    await Promise.all(missing.map((app) => step.run(app.name, 'starting', async () => {
      await app.restart();
      await app.untilReady(READY_WITHIN_MS);
    }, () => `ready on ${app.launch.port}`)));
  }

  startProcess(name: string): Promise<void> {
    return this.#process(name).start();
  }

  stopProcess(name: string): Promise<void> {
    return this.#process(name).stop();
  }

  restartProcess(name: string): Promise<void> {
    return this.#process(name).restart();
  }

  keepSpare(name: string, packages: readonly string[], after?: Promise<void>): void {
    this.#process(name).keepSpare(packages, after);
  }

  async untilReady(limitMs = READY_WITHIN_MS, name?: string, signal?: AbortSignal): Promise<void> {
    const awaited = name === undefined ? [...this.apps.values()].filter(({ view }) => view.state !== 'stopped') : [this.#process(name)];
    await Promise.all(awaited.map((app) => app.untilReady(limitMs, signal)));
  }

  async untilIdle(limitMs = 600_000): Promise<void> {
    await untilIdle(() => this.view(), limitMs);
  }

  onEvent(hear: (event: SystemEvent) => void): () => void {
    this.#heard.add(hear);
    return () => void this.#heard.delete(hear);
  }

  emit(event: SystemEvent): void {
    this.#log.event(event);
    for (const hear of this.#heard) hear(event);
  }

  /** Whoever asks while it stops already hears what happened so far, too. */
  stop(onProgress: (progress: Progress) => void = () => undefined): Promise<void> {
    for (const progress of this.#stopped) onProgress(progress);
    this.#watchStop.add(onProgress);
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const onProgress = (progress: Progress): void => {
      this.#stopped.push(progress);
      for (const tell of this.#watchStop) tell(progress);
    };
    const timed = async (part: string, what: string, work: () => Promise<unknown>): Promise<void> => {
      const began = Date.now();
      onProgress({ part, state: 'busy', text: `${what}stopping` });
      await work();
      onProgress({ part, state: 'done', text: `${what}stopped`, seconds: (Date.now() - began) / 1000 });
    };
    try {
      await Promise.all([...this.apps.values()].map((app) => timed(app.name, '', () => app.stop())));
      const { stack } = this;
      const owned = stack?.parts.filter(({ origin }) => origin === 'owned').map(({ name }) => name) ?? [];
      if (stack && owned.length > 0) await timed('stack', `${owned.join(', ')}: `, () => stack.stop());
    } finally {
      clearInterval(this.#rotating);
      this.#log.line('info', {}, 'the system has stopped');
      await this.closeControl?.();
    }
  }

  #process(name: string): AppProcess {
    const app = this.apps.get(name);
    if (!app) throw new CliError('SYSTEM.NO_SUCH_PROCESS', `There is no process ${name} in this system: name one of ${[...this.apps.keys()].join(', ')}`);
    return app;
  }
}
