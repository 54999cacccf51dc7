import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isRequired, type ConfigDefinition } from '@touchpoint/host/config';
import { declaredTopics } from '@touchpoint/log';
import { baseManifests, containerOf, kustomization, named, podOf, valueOf, type Manifest } from './manifests.ts';
import { appNames, definitionOf, readYaml, ROOT } from './places.ts';
import { checkManifest } from './strict.ts';

const all = baseManifests();
const apps = appNames();
/** Besides the apps: the command, as a job and as a place to type. */
const commands = [['Job', 'prepare'], ['Deployment', 'toolbox']] as const;
const pods: readonly (readonly [string, Manifest, string])[] = [
  ...apps.map((app) => [app, named(all, 'Deployment', app), app] as const),
  ...commands.map(([kind, name]) => [name, named(all, kind, name), 'touchpoint-cli'] as const),
];
/** What only an operator gives; not read by config.ts, but by the C library. */
const ALLOCATOR = ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_'];
const REACHES: Readonly<Record<string, string>> = { kafka: 'KAFKA_BROKERS', registry: 'SCHEMA_REGISTRY_URL', postgres: 'DATABASE_URL', otlp: 'OTEL_EXPORTER_OTLP_ENDPOINT' };

describe('the manifests', () => {
  it.each(all.map((one) => [`${one.kind} ${one.metadata.name}`, one] as const))('%s fits its schema', (_name, manifest) => checkManifest(manifest));
  it('are looked at with all their fields', async () => {
    const deployment = named(all, 'Deployment', 'ingest-api');
    await expect(checkManifest({ ...deployment, spec: { ...deployment.spec, replica: 2 } })).rejects.toThrow('no schema knows spec.replica');
    await expect(checkManifest({ ...deployment, spec: { ...deployment.spec, replicas: 'two' } })).rejects.toThrow('replicas');
  });
  it('have what each app needs, for each app of the folder apps/ and for no other', () => {
    for (const kind of ['Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy']) for (const app of apps) named(all, kind, app);
    expect(all.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name).sort()).toEqual([...apps, 'toolbox'].sort());
    const selectors = all.filter(({ kind }) => kind === 'Service').map(({ metadata, spec }) => [metadata.name, (spec as { selector: Record<string, string> }).selector['app.kubernetes.io/name']]);
    for (const [name, selected] of selectors) expect(selected).toBe(name);
  });
});

describe.each(pods)('%s', (_name, manifest, app) => {
  const pod = podOf(manifest);
  const container = containerOf(manifest);
  let definition: ConfigDefinition;
  const keys = async () => (definition ??= await definitionOf(app)).keys;

  it('is given what its config.ts requires, and nothing that it does not read', async () => {
    const [declared, given] = [await keys(), container.env.map(({ name }) => name)];
    expect(given.filter((name) => !(name in declared) && !ALLOCATOR.includes(name))).toEqual([]);
    expect(Object.entries(declared).filter(([name, key]) => isRequired(key) && !given.includes(name)).map(([name]) => name)).toEqual([]);
    // A password, a CA: what is optional to the app is the operator's to set.
    const access = Object.keys(declared).filter((name) => /^(KAFKA|SCHEMA_REGISTRY|OTEL)_|^TOPIC_PREFIX$/.test(name));
    expect(access.filter((name) => !given.includes(name))).toEqual([]);
  });
  it('is given values that its config.ts takes', async () => {
    const declared = await keys();
    for (const { name, value } of container.env) if (value !== undefined && declared[name]) expect([name, declared[name].schema.safeParse(value).success]).toEqual([name, true]);
  });
  it('has secrets from a Secret only, and nothing else from there but user names', async () => {
    const declared = await keys();
    for (const { name, valueFrom } of container.env) {
      if (declared[name]?.secret) expect([name, valueFrom?.secretKeyRef?.key]).toEqual([name, name]);
      else expect([name, valueFrom?.secretKeyRef === undefined || name.endsWith('_USERNAME')]).toEqual([name, true]);
      expect([name, valueFrom?.configMapKeyRef?.key ?? name]).toEqual([name, name]);
    }
  });
  it('reaches what its config.ts has a block for, and nothing else', async () => {
    const declared = await keys();
    const labels = Object.keys(pod.metadata.labels).filter((label) => label.startsWith('touchpoint/reaches-') && label !== 'touchpoint/reaches-apps');
    expect(labels.sort()).toEqual(Object.entries(REACHES).filter(([, key]) => key in declared).map(([what]) => `touchpoint/reaches-${what}`).sort());
    for (const label of labels) named(all, 'NetworkPolicy', label.slice('touchpoint/'.length));
    expect(pod.metadata.labels['app.kubernetes.io/part-of']).toBe('touchpoint');
  });
  it('runs as nobody, on a file system that it cannot write, within bounds', () => {
    expect(pod.spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } });
    expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    expect(container.resources.limits['memory']).toBeDefined();
    expect(container.resources.requests).toMatchObject({ cpu: expect.any(String), memory: expect.any(String) });
    expect(container.image).toBe(`touchpoint/${app}`);
  });
});

describe.each(apps)('%s, as an app', (app) => {
  const deployment = named(all, 'Deployment', app);
  const container = containerOf(deployment);
  const port = Number(valueOf(container, 'PORT'));

  it('listens where its config.ts says, and is found and scraped there', async () => {
    const { PORT } = (await definitionOf(app)).keys;
    expect(port).toBe(PORT!.schema.parse(undefined));
    expect(container.ports).toEqual([{ name: 'http', containerPort: port }]);
    expect(podOf(deployment).metadata.annotations).toMatchObject({ 'prometheus.io/port': String(port) });
    expect(named(all, 'Service', app).spec).toMatchObject({ ports: [{ port, targetPort: 'http' }] });
    expect(named(all, 'NetworkPolicy', app).spec).toMatchObject({ ingress: [{ ports: [{ port, protocol: 'TCP' }] }] });
  });
  it('is taken out of service before it closes, and has the time that it may take', () => {
    const [delayMs, limitMs] = [Number(valueOf(container, 'STOP_DELAY_MS') ?? 0), Number(valueOf(container, 'STOP_LIMIT_MS'))];
    expect(delayMs).toBeLessThan(limitMs);
    expect(limitMs).toBeLessThan(podOf(deployment).spec.terminationGracePeriodSeconds! * 1_000);
    const { readinessProbe: ready } = container;
    if (app.endsWith('-api')) expect(delayMs).toBeGreaterThanOrEqual(ready!.periodSeconds * ready!.failureThreshold * 1_000);
    expect(deployment.spec).toMatchObject({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
  });
  it('is asked whether it is ready, and whether it lives', () => {
    expect([container.startupProbe, container.livenessProbe, container.readinessProbe].map((probe) => probe?.httpGet)).toEqual(['/health/live', '/health/live', '/health/ready'].map((path) => ({ path, port: 'http' })));
  });
});

describe('the workers', () => {
  const scaled = all.filter(({ kind }) => kind === 'ScaledObject');
  const workers = apps.filter((app) => existsSync(join(ROOT, 'apps', app, 'src/subscriptions.ts')));
  it('are scaled by seconds of lag, each by its own', () => {
    expect(scaled.map(({ metadata }) => metadata.name).sort()).toEqual(workers);
    for (const { metadata: { name }, spec } of scaled)
      expect(spec).toMatchObject({ scaleTargetRef: { name }, triggers: [{ type: 'prometheus', metricType: 'Value', metadata: { query: `max(touchpoint_consumer_lag_seconds{app="${name}"})` } }] });
  });
  it('are never more than the partitions of their topic', () => {
    for (const { metadata, spec } of scaled) {
      const topic = declaredTopics().find(({ name }) => name === metadata.annotations!['touchpoint/topic'])!;
      expect((spec as { maxReplicaCount: number }).maxReplicaCount).toBeLessThanOrEqual(topic.partitions);
    }
  });
  it('leave their number to the autoscaler', () => {
    const owned = all.filter(({ kind }) => kind === 'ScaledObject' || kind === 'HorizontalPodAutoscaler').map(({ metadata }) => metadata.name);
    for (const name of owned) expect(named(all, 'Deployment', name).spec).not.toHaveProperty('replicas');
  });
});

describe('the network', () => {
  it('lets nothing through that no policy names', () => {
    expect(named(all, 'NetworkPolicy', 'nothing').spec).toEqual({ podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'touchpoint' } }, policyTypes: ['Ingress', 'Egress'] });
    const open = all.filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name !== 'nothing').flatMap(({ metadata, spec }) => {
      const { ingress = [], egress = [] } = spec as { ingress?: { from?: unknown[]; ports?: unknown[] }[]; egress?: { to?: unknown[]; ports?: unknown[] }[] };
      return [...ingress.map(({ from, ports }) => [from, ports]), ...egress.map(({ to, ports }) => [to, ports])].filter(([peers, ports]) => !peers?.length || !ports?.length).map(() => metadata.name);
    });
    expect(open).toEqual([]);
  });
});

describe('the example', () => {
  const example = kustomization('example');
  it('gives an image for each app, and what they ask of its ConfigMap', async () => {
    expect(example.images!.map(({ name }) => name).sort()).toEqual([...apps, 'touchpoint-cli'].map((app) => `touchpoint/${app}`).sort());
    const asked = pods.flatMap(([, manifest]) => containerOf(manifest).env.flatMap(({ valueFrom }) => (valueFrom?.configMapKeyRef?.optional ? [] : (valueFrom?.configMapKeyRef?.key ?? []))));
    const given = example.configMapGenerator!.find(({ name }) => name === 'touchpoint')!.literals!.map((line) => line.split('=')[0]);
    expect(given).toEqual(expect.arrayContaining([...new Set(asked)]));
    for (const name of given) expect((await definitionOf('ingest-api')).keys).toHaveProperty(name!);
  });
  it('patches what is there', () => {
    for (const { target } of example.patches!) named(all, target.kind, target.name);
    for (const file of [...example.resources, ...example.configMapGenerator!.flatMap(({ files = [] }) => files)]) expect([file, existsSync(join(ROOT, 'deploy/k8s/example', file))]).toEqual([file, true]);
  });
  it.each(readYaml<Manifest>('deploy/k8s/example/ingress.yaml').map((one) => [one.kind, one] as const))('%s fits its schema, and shows the outside no probe and no metric', async (_kind, manifest) => {
    await checkManifest(manifest);
    const { rules } = manifest.spec as { rules: { http: { paths: { path: string; backend: { service: { name: string } } }[] } }[] };
    for (const { path, backend } of rules.flatMap(({ http }) => http.paths)) {
      expect(['/v1', '/docs']).toContain(path);
      named(all, 'Service', backend.service.name);
    }
  });
});
