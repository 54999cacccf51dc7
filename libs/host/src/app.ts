import { Module, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { installGate, type Gate } from './access.gate.ts';
import { systemClock, type Clock } from './clock.ts';
import { loadConfig, processEnv, type ConfigDefinition, type ConfigKeys, type ConfigValues, type Env, type http } from './config.ts';
import { createHealth, type Health } from './health.ts';
import { installProbes } from './http-probes.ts';
import { createHttpAdapter, installConnectionClose, installCorrelation, installGunzip, installHttpMetrics, type HttpLimits } from './http-server.ts';
import { createLogger, type Log } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { nestLogger } from './nest-logger.ts';
import { ProblemFilter } from './problem.filter.ts';
import { createStop } from './stop.ts';
import { createTracing, TRACING } from './tracing.ts';
import { API_KEYS, CLOCK, CONFIG, ENV, HEALTH, LOG, METRICS, STOP, type Token } from './tokens.ts';

type HttpKeys = ReturnType<typeof http>;

export type AppOptions<K extends ConfigKeys = ConfigKeys> = Readonly<{
  /** The app's name: in logs, metrics, errors. */
  name: string;
  /** The app's module. CLOCK, CONFIG, LOG, METRICS, HEALTH and STOP can be injected everywhere in it. */
  module: Type | DynamicModule;
  /** Holds the block `http(port)`; read once from the environment. */
  config: ConfigDefinition<K & HttpKeys>;
  http?: HttpLimits &
    Readonly<{
      /** Paths, with all below them, that plugins serve to anybody (`/docs`). Routes of controllers say `@Open()` instead. */
      openPaths?: readonly string[];
      /** Called before the app is initialised: documentation pages, plugins, parsers. */
      configure?: (app: NestFastifyApplication) => void | Promise<void>;
    }>;
  /** A worker's transports, made of providers: `(app) => [app.get(PartitionWorkers)]`. They listen once the HTTP port does. */
  strategies?: (app: NestFastifyApplication) => readonly CustomTransportStrategy[];
  /** Called when stopping, after transports and HTTP were drained and before the providers are destroyed. */
  onStop?: (app: NestFastifyApplication) => void | Promise<void>;
  /** Instead of `process.env`, the real clock and stdout: for tests. */
  env?: Env;
  clock?: Clock;
  log?: Log;
}>;

/** An app that is built, and listens once `start` was called. */
export type HostedApp<K extends ConfigKeys = ConfigKeys> = Readonly<{
  app: NestFastifyApplication;
  config: ConfigValues<K & HttpKeys>;
  log: Log;
  health: Health;
  metrics: Metrics;
  gate: Gate;
  /** Listens and starts the transports; gives the URL it listens at. */
  start(): Promise<string>;
  /** Not ready, stop taking, drain, close; once, however often it is asked. Rejects where a step failed or it took too long. */
  stop(): Promise<void>;
}>;

class HostModule {}
Module({})(HostModule);

const hostModule = (values: ReadonlyMap<string, unknown>, appModule: Type | DynamicModule): DynamicModule => ({
  module: HostModule,
  global: true,
  imports: [appModule],
  providers: [...values].map(([provide, useValue]) => ({ provide, useValue })),
  exports: [...values.keys()],
});

/** Nest closes a transport once more when the app is closed; the second time it has nothing to do. */
const closingOnce = (strategy: CustomTransportStrategy): CustomTransportStrategy => {
  const close = strategy.close.bind(strategy) as () => unknown;
  let closing: Promise<unknown> | undefined;
  strategy.close = () => (closing ??= Promise.resolve(close()));
  return strategy;
};

/** What is provided under a token anywhere in the app; undefined where nothing is. (`app.get` logs an error and throws then.) */
export const optionalProvider = <T>(app: INestApplicationContext, provided: Token<T>): T | undefined => {
  for (const module of app.get(ModulesContainer).values()) {
    const wrapper = module.providers.get(provided);
    if (wrapper) return wrapper.instance as T;
  }
  return undefined;
};

/**
 * Builds an app: `runApp` without listening, signals and exit, for tests and for `inject`. `onFatal` is what STOP does. Throws ConfigError,
 * or what an initialisation threw; a route whose access is not declared is refused here.
 */
export const createApp = async <K extends ConfigKeys>(options: AppOptions<K>, onFatal: (reason: unknown) => void = () => undefined): Promise<HostedApp<K>> => {
  const config = loadConfig(options.config, options.env) as ConfigValues<K & HttpKeys>;
  const settings = config as ConfigValues<HttpKeys>;
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLogger(options.name, settings.LOG_LEVEL);
  const health = createHealth(clock);
  const metrics = createMetrics(options.name);
  const tracing = await createTracing(options.name, settings, log);
  const values = new Map<string, unknown>([[CLOCK, clock], [CONFIG, config], [ENV, options.env ?? processEnv], [LOG, log], [METRICS, metrics], [HEALTH, health], [STOP, onFatal], [TRACING, tracing]]);

  const adapter = createHttpAdapter(options.http ?? {}, log);
  const server = adapter.getInstance() as unknown as FastifyInstance;
  installCorrelation(server, tracing);
  installHttpMetrics(server, metrics);
  const closeConnections = installConnectionClose(server);
  const gate = installGate(server, options.http?.openPaths);
  installGunzip(server);
  installProbes(server, health, metrics);

  const app = await NestFactory.create<NestFastifyApplication>(hostModule(values, options.module), adapter as never, {
    logger: nestLogger(log),
    abortOnError: false,
    bodyParser: false,
  });
  let strategies: readonly CustomTransportStrategy[] = [];
  const stop = createStop(log, settings.STOP_LIMIT_MS, [
    { name: 'turn not ready', run: () => health.stopping() },
    { name: 'wait for load balancers', run: () => sleep(settings.STOP_DELAY_MS, undefined, { ref: false }) },
    { name: 'drain transports', run: async () => void (await Promise.all(strategies.map((strategy) => strategy.close() as unknown))) },
    { name: 'drain HTTP', run: async () => { closeConnections(); await server.close(); } },
    { name: 'stop the app', run: () => options.onStop?.(app) },
    { name: 'destroy providers', run: () => app.close() },
    { name: 'hand over spans', run: () => tracing.close() },
  ]);
  try {
    app.useGlobalFilters(new ProblemFilter(log));
    await options.http?.configure?.(app);
    strategies = (options.strategies?.(app) ?? []).map(closingOnce);
    for (const strategy of strategies) app.connectMicroservice({ strategy });
    await app.init();
    await server.ready();
    gate.close(optionalProvider(app, API_KEYS));
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  const start = async () => {
    await app.listen(settings.PORT, settings.HOST);
    await app.startAllMicroservices();
    health.started();
    return await app.getUrl();
  };
  return { app, config, log, health, metrics, gate, start, stop };
};
