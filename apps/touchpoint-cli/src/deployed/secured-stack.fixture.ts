import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startStack, unprivilegedAccount, type Stack } from '@touchpoint/stack';
import { testCa, type Issued } from '@touchpoint/host/testing';
import { processEnv } from '../config.ts';

/** A stack whose Kafka, registry and Postgres are spoken with over TLS and with a password each, as `env` says. `file`: writes a PEM file into its folder. */
export type SecuredStack = Readonly<{ env: Readonly<Record<string, string>>; password: string; dir: string; stack: Stack; otherCa: string; end: () => Promise<void> }>;

const USER = 'touchpoint';
const PASSWORD = 'pw-of-the-brokers';

const freePorts = (count: number): Promise<readonly number[]> =>
  Promise.all(Array.from({ length: count }, () => new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  })));

/** SCRAM keeps its users at the brokers: made with Kafka's own tool, with the Java and the jars that the broker runs with. */
const addScramUser = async (stack: Stack): Promise<void> => {
  const pid = stack.parts.find(({ name }) => name === 'kafka')!.pid!;
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  const args = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', command[command.indexOf('-cp') + 1]!, 'kafka.admin.ConfigCommand', '--bootstrap-server', stack.kafkaBrokers.join(','), '--alter',
    '--entity-type', 'users', '--entity-name', USER, '--add-config', `SCRAM-SHA-512=[password=${PASSWORD}]`];
  await promisify(execFile)(await readlink(`/proc/${pid}/exe`), args);
};

/** The registry behind a proxy that speaks TLS and wants the password. */
const registryProxy = async ({ key, certificate }: Issued, target: string) => {
  const { port, hostname } = new URL(target);
  const wanted = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  const server = createTlsServer({ key, cert: certificate }, (incoming, answer) => {
    if (incoming.headers.authorization !== wanted) return void answer.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Unauthorized"}');
    const onward = request({ host: hostname, port, path: incoming.url, method: incoming.method, headers: { ...incoming.headers, host: `${hostname}:${port}` } }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `https://localhost:${(server.address() as AddressInfo).port}${new URL(target).pathname}`, close: () => { server.closeAllConnections(); server.close(); } };
};

export const startSecuredStack = async (): Promise<SecuredStack> => {
  const dir = await mkdtemp(join(tmpdir(), 'touchpoint-secured-'));
  const ca = testCa();
  const server = ca.issue();
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(dir, name), text, { mode: 0o600 });
    return join(dir, name);
  };
  const caFile = await file('ca.pem', ca.certificate);
  const keystore = await file('kafka.pem', `${server.key}${server.certificate}`);
  // Postgres reads its key as the account that it runs as, wherever the folder above lies.
  const account = await unprivilegedAccount();
  await chmod(dir, 0o711);
  await mkdir(join(dir, 'postgres-tls'), { mode: 0o711 });
  for (const [name, text] of [['server.crt', server.certificate], ['server.key', server.key]] as const) {
    const path = await file(`postgres-tls/${name}`, text);
    if (account) await chown(path, account.uid, account.gid);
  }
  const [plain, controller, secure] = (await freePorts(3)) as [number, number, number];
  const listeners = `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure}`;
  const stack = await startStack({
    dir: join(dir, 'stack'), env: { PATH: processEnv['PATH'], HOME: processEnv['HOME'], JAVA_HOME: processEnv['JAVA_HOME'], MAVEN_HOME: processEnv['MAVEN_HOME'] },
    ports: { 'kafka-1': plain, 'kafka-1-controller': controller },
    postgres: { overrides: { fsync: 'off', ssl: 'on', ssl_cert_file: join(dir, 'postgres-tls/server.crt'), ssl_key_file: join(dir, 'postgres-tls/server.key') } },
    kafka: {
      jvm: ['-XX:TieredStopAtLevel=1'],
      overrides: {
        listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
        'advertised.listeners': listeners.replace('SECURE://127.0.0.1', 'SECURE://localhost'),
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
        'listener.name.secure.ssl.keystore.type': 'PEM', 'listener.name.secure.ssl.keystore.location': keystore,
        'listener.name.secure.sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
        'listener.name.secure.scram-sha-512.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
      },
    },
  });
  await addScramUser(stack);
  const proxy = await registryProxy(server, stack.schemaRegistryUrl);
  const database = new URL(stack.databaseUrl);
  database.hostname = 'localhost';
  database.search = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: caFile }).toString();
  return {
    dir, stack, password: PASSWORD, otherCa: await file('other-ca.pem', testCa('Another CA').certificate),
    env: {
      KAFKA_BROKERS: `localhost:${secure}`, KAFKA_CA_FILE: caFile, KAFKA_USERNAME: USER, KAFKA_PASSWORD: PASSWORD,
      SCHEMA_REGISTRY_URL: proxy.url, SCHEMA_REGISTRY_CA_FILE: caFile, SCHEMA_REGISTRY_USERNAME: USER, SCHEMA_REGISTRY_PASSWORD: PASSWORD,
      DATABASE_URL: database.href,
    },
    end: async () => {
      proxy.close();
      await stack.wipe();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
