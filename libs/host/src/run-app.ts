import { createApp, type AppOptions, type HostedApp } from './app.ts';
import { ConfigError, type ConfigKeys } from './config.ts';
import { createLogger, type Log } from './logger.ts';

/** What `runApp` needs of the process; replaced in specs. */
export type ProcessPort = Readonly<{
  on(event: 'SIGTERM' | 'SIGINT' | 'uncaughtException' | 'unhandledRejection', listener: (what: unknown) => void): unknown;
  complain(text: string): void;
  exit(code: number): void;
}>;

const thisProcess: ProcessPort = {
  on: (event, listener) => process.on(event, listener),
  complain: (text) => void process.stderr.write(`${text}\n`),
  exit: (code) => process.exit(code),
};

/**
 * The one way an app starts: configuration, module, port, transports; and stops: on SIGTERM and SIGINT, on STOP, on an error that nobody
 * caught. Stopping is in order and bounded; a second signal ends it at once. The process ends with code 0 after a signal, else 1.
 */
export const runApp = async <K extends ConfigKeys>(options: AppOptions<K>, port: ProcessPort = thisProcess): Promise<void> => {
  let log: Log = options.log ?? createLogger(options.name);
  let hosted: HostedApp<K> | undefined;
  let code: number | undefined;

  const end = async (): Promise<void> => {
    try {
      await hosted?.stop();
      log.info({ exitCode: code ?? 0 }, 'stopped');
    } catch (error) {
      code = 1;
      log.fatal({ error }, 'could not stop in order');
    }
    port.exit(code ?? 0);
  };
  const fail = (reason: unknown): void => {
    log.fatal({ error: reason }, 'the app stops by its own fault');
    if (code !== undefined) return;
    code = 1;
    if (hosted) void end();
  };
  const asked = (signal: 'SIGTERM' | 'SIGINT') => (): void => {
    log.info({ signal }, code === undefined ? 'asked to stop' : 'asked to stop again: ends at once');
    if (code !== undefined) return port.exit(code === 0 ? 130 : 1);
    code = 0;
    if (hosted) void end();
  };

  port.on('SIGTERM', asked('SIGTERM'));
  port.on('SIGINT', asked('SIGINT'));
  port.on('uncaughtException', fail);
  port.on('unhandledRejection', fail);

  try {
    const built = await createApp(options, fail);
    log = built.log;
    if (code === undefined) {
      const url = await built.start().catch(async (error: unknown) => {
        await built.stop().catch(() => undefined);
        throw error;
      });
      log.info({ url, host: built.config.HOST as string, port: Number(new URL(url).port) }, 'started');
    }
    hosted = built;
  } catch (error) {
    if (error instanceof ConfigError) port.complain(error.message);
    else log.fatal({ error }, 'could not start');
    return port.exit(1);
  }
  // Somebody asked while it was starting.
  if (code !== undefined) await end();
};
