import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bareEnv } from './config.ts';
import type { Launch } from './keeper-protocol.ts';
import { archiveOptions, type Jars } from './jars.ts';
import type { Java } from './java.ts';
import type { Part, PartContext } from './part.ts';
import type { RegistryStorage } from './postgres-setup.ts';

export const registryUrl = (port: number): string => `http://127.0.0.1:${port}/apis/ccompat/v7`;

export const registryMarker = (dir: string): string => `-Dtouchpoint.part=registry@${dir}`;

/** Apicurio over Postgres. `storage` and `runtime` are asked for only when it has to be started. */
export const registryPart = (context: PartContext, settings: string, storage: () => Promise<RegistryStorage>, runtime: () => Promise<{ java: Java; jars: Jars }>): Part => {
  const { dir, ports } = context;
  const port = ports['registry'] ?? 0;
  const management = ports['registry-management'] ?? 0;

  const prepare = async (): Promise<Launch> => {
    const { java, jars } = await runtime();
    const { jdbcUrl, user, password } = await storage();
    const temporary = join(dir, 'tmp', 'registry');
    await mkdir(temporary, { recursive: true });
    const { options, archive } = await archiveOptions(jars, 'registry', java);
    return {
      name: 'registry', tier: 1,
      file: java.file,
      args: [registryMarker(dir), '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError', '-XX:-UsePerfData', `-Djava.io.tmpdir=${temporary}`,
        ...options, '-jar', join(jars.registry, 'quarkus-run.jar')],
      env: {
        ...bareEnv(context.env),
        QUARKUS_HTTP_HOST: '127.0.0.1', QUARKUS_HTTP_PORT: String(port),
        QUARKUS_MANAGEMENT_HOST: '127.0.0.1', QUARKUS_MANAGEMENT_PORT: String(management),
        QUARKUS_LOG_LEVEL: 'WARN', QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
        APICURIO_STORAGE_KIND: 'sql', APICURIO_STORAGE_SQL_KIND: 'postgresql', APICURIO_SQL_DB_SCHEMA: 'registry',
        // It tells of 1,000 subjects and says nothing of the others; we ask for all of ours.
        APICURIO_CCOMPAT_MAX_SUBJECTS: '1000000',
        // By environment, not by argument: a command line is everybody's to read.
        APICURIO_DATASOURCE_URL: jdbcUrl, APICURIO_DATASOURCE_USERNAME: user, APICURIO_DATASOURCE_PASSWORD: password,
        APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '1', APICURIO_DATASOURCE_JDBC_MIN_SIZE: '1', APICURIO_DATASOURCE_JDBC_MAX_SIZE: '5',
      },
      cwd: dir, log: join(dir, 'log', 'registry.log'), marker: registryMarker(dir),
      stopSignal: 'SIGTERM', graceMs: 20_000, archive,
    };
  };

  const probe = async (signal: AbortSignal): Promise<void> => {
    for (const url of [`http://127.0.0.1:${management}/health/ready`, `${registryUrl(port)}/subjects`]) {
      const answer = await fetch(url, { signal });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
    }
  };

  return { name: 'registry', settings, marker: registryMarker(dir), prepare, probe };
};
