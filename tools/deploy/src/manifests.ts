import { readYaml } from './places.ts';

export type EnvEntry = Readonly<{ name: string; value?: string; valueFrom?: Readonly<{ configMapKeyRef?: KeyRef; secretKeyRef?: KeyRef }> }>;
type KeyRef = Readonly<{ name: string; key: string; optional?: boolean }>;
type Probe = Readonly<{ httpGet: { path: string; port: string }; periodSeconds: number; failureThreshold: number; timeoutSeconds?: number }>;
export type Container = Readonly<{
  name: string; image: string; command?: readonly string[]; args?: readonly string[]; env: readonly EnvEntry[]; ports?: readonly { name: string; containerPort: number }[];
  readinessProbe?: Probe; livenessProbe?: Probe; startupProbe?: Probe; resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: { allowPrivilegeEscalation: boolean; readOnlyRootFilesystem: boolean; capabilities: { drop: readonly string[] } };
}>;
export type Pod = Readonly<{
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: { containers: readonly Container[]; terminationGracePeriodSeconds?: number; automountServiceAccountToken: boolean; securityContext: Record<string, unknown> };
}>;
export type Manifest = Readonly<{ apiVersion: string; kind: string; metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> }; spec: Record<string, unknown> }>;

const BASE = 'deploy/k8s/base';
export type Kustomization = Readonly<{ resources: readonly string[]; images?: readonly { name: string }[]; patches?: readonly { target: { kind: string; name: string } }[]; configMapGenerator?: readonly { name: string; literals?: readonly string[]; files?: readonly string[] }[] }>;
export const kustomization = (folder: string): Kustomization => readYaml<Kustomization>(`deploy/k8s/${folder}/kustomization.yaml`)[0]!;

/** Every object of the base, as its kustomization lists them; it has no patches, so they are what is applied. */
export const baseManifests = (): readonly Manifest[] => kustomization('base').resources.flatMap((file) => readYaml<Manifest>(`${BASE}/${file}`));

export const named = (all: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = all.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
};

export const podOf = ({ spec }: Manifest): Pod => (spec as { template: Pod }).template;
export const containerOf = (manifest: Manifest): Container => podOf(manifest).spec.containers[0]!;
/** A variable of a container that is set to a value. */
export const valueOf = ({ env }: Container, name: string): string | undefined => env.find((entry) => entry.name === name)?.value;
