import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { isRequired, type ConfigDefinition } from '@touchpoint/host/config';
import { containerOf, baseManifests, named } from './manifests.ts';
import { appNames, definitionOf, readYaml, ROOT } from './places.ts';

type Service = Readonly<{
  image: string; build?: { context: string; dockerfile: string; args: { APP: string } }; environment?: Record<string, string | number>; read_only?: boolean; cap_drop?: readonly string[];
  entrypoint?: readonly string[]; volumes?: readonly string[]; ports?: readonly string[]; depends_on?: Record<string, { condition: string }>; stop_grace_period?: string;
}>;
type Compose = Readonly<{ services: Readonly<Record<string, Service>>; volumes: Record<string, unknown> }>;

const FOLDER = 'deploy/compose';
const [compose] = readYaml<Compose>(`${FOLDER}/compose.yaml`) as [Compose];
const apps = appNames();
const ours = Object.entries(compose.services).filter(([, { build }]) => build);
/** `${NAME:?why}` is a value that must be given. */
const VARIABLE = /^\$\{(\w+)(?::[?-].*)?\}$/;

describe('the services', () => {
  it('are each app of the folder apps/, and the command', () => expect(ours.map(([name]) => name).sort()).toEqual([...apps, 'prepare', 'command'].sort()));

  describe.each(ours)('%s', (name, { build, environment = {}, image, ...service }) => {
    const app = build!.args.APP;
    let keys: ConfigDefinition['keys'];
    beforeAll(async () => { ({ keys } = await definitionOf(app)); });

    it('is built from the one Dockerfile', () => {
      expect(app).toBe(apps.includes(name) ? name : 'touchpoint-cli');
      expect([image, existsSync(join(ROOT, FOLDER, build!.context, build!.dockerfile))]).toEqual([`touchpoint/${app}`, true]);
    });
    it('is given what its config.ts requires, and nothing that it does not read', () => {
      expect(Object.keys(environment).filter((key) => !(key in keys))).toEqual([]);
      expect(Object.entries(keys).filter(([key, declared]) => isRequired(declared) && !(key in environment)).map(([key]) => key)).toEqual([]);
      for (const [key, value] of Object.entries(environment)) if (!String(value).includes('${')) expect([key, keys[key]!.schema.safeParse(String(value)).success]).toEqual([key, true]);
    });
    it('has its secrets from the environment', () => {
      for (const [key, value] of Object.entries(environment)) if (keys[key]!.secret && key !== 'DATABASE_URL') expect([key, VARIABLE.exec(String(value))?.[1]]).toEqual([key, key]);
      expect(environment['DATABASE_URL']).toContain(':${POSTGRES_PASSWORD:?');
    });
    it('runs on a file system that it cannot write, without capabilities', () => expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] }));
  });

  it.each(apps)('%s starts as in Kubernetes, at its own port, once all is prepared', async (app) => {
    const { environment, entrypoint, ports, depends_on } = compose.services[app]!;
    const container = containerOf(named(baseManifests(), 'Deployment', app));
    expect(entrypoint ?? ['node', 'dist/main.mjs']).toEqual(container.command);
    expect(environment!['PORT']).toBe(String(container.ports![0]!.containerPort));
    for (const port of ports ?? []) expect(port).toBe(`127.0.0.1:${environment!['PORT']}:${environment!['PORT']}`);
    expect(depends_on).toEqual({ prepare: { condition: 'service_completed_successfully' } });
  });
  it('are of the versions that are tested: Kafka, the registry', () => {
    const pom = readFileSync(join(ROOT, 'tools/stack/pom.xml'), 'utf8');
    const version = (artifact: string) => new RegExp(`<artifactId>${artifact}</artifactId><version>([\\d.]+)`).exec(pom)![1];
    expect(compose.services['kafka']!.image).toBe(`apache/kafka:${version('kafka_2.13')}`);
    expect(compose.services['registry']!.image).toBe(`apicurio/apicurio-registry:${version('apicurio-registry-app')}`);
  });
});

describe('what they name', () => {
  it('is there: files, volumes, what must be filled in', () => {
    const example = readFileSync(join(ROOT, FOLDER, 'example.env'), 'utf8');
    for (const [name, { volumes = [] }] of Object.entries(compose.services))
      for (const [source] of volumes.map((volume) => volume.split(':') as [string]))
        expect([name, source, source.startsWith('.') ? existsSync(join(ROOT, FOLDER, source)) : source in compose.volumes]).toEqual([name, source, true]);
    for (const [, variable] of readFileSync(join(ROOT, FOLDER, 'compose.yaml'), 'utf8').matchAll(/\$\{(\w+):\?/g)) expect(example).toMatch(new RegExp(`^${variable}=$`, 'm'));
  });
  it('is scraped: each app at its port', () => {
    const [prometheus] = readYaml<{ scrape_configs: { static_configs: { targets: string[] }[] }[] }>(`${FOLDER}/prometheus.yaml`);
    expect(prometheus!.scrape_configs.flatMap(({ static_configs }) => static_configs).flatMap(({ targets }) => targets).sort()).toEqual(apps.map((app) => `${app}:${compose.services[app]!.environment!['PORT']}`).sort());
  });
});

describe('the image', () => {
  const dockerfile = readFileSync(join(ROOT, 'deploy/docker/Dockerfile'), 'utf8');
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
  it('has the Node that is tested, and does not run as root', () => {
    expect([...dockerfile.matchAll(/^FROM node:([\d.]+)-\S+/gm)].map(([, version]) => version)).toEqual([devDependencies['node'], devDependencies['node']]);
    expect(dockerfile).toMatch(/^USER (?!0)\d+:\d+$/m);
    expect(dockerfile).toMatch(/^RUN npm ci .*--omit=dev/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK .*healthcheck\.mjs/m);
    expect(dockerfile).not.toMatch(/^(ENV|ARG) .*(KEY|SECRET|PASSWORD)/m);
  });
  it('copies what there is', () => {
    for (const source of ['package.json', 'deploy/topics.yaml', 'deploy/docker/healthcheck.mjs', 'apps', 'libs', 'tools', 'schemas', 'journeys', 'segments', 'templates', 'mappings']) {
      expect(dockerfile).toContain(source);
      expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
    }
  });
});
