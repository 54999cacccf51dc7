import type { Manifest } from './manifests.ts';

const TOP = ['apiVersion', 'kind', 'metadata', 'spec'];
type Model = new (data: unknown) => { validate(): void };

/** Where the models of an API group lie. */
const moduleOf = ({ apiVersion, kind }: Manifest): string => `${apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models'}/${apiVersion}/${kind}`;

/** Notes which keys are read. */
const watched = (value: unknown, path: string, unread: Set<string>): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const inner = new Map(Object.entries(value).map(([key, one]) => [key, watched(one, `${path}.${key}`, unread)]));
  if (!Array.isArray(value)) for (const key of inner.keys()) unread.add(`${path}.${key}`);
  return new Proxy(value, {
    get: (target, key) => {
      if (typeof key === 'string') unread.delete(`${path}.${key}`);
      return typeof key === 'string' && inner.has(key) ? inner.get(key) : Reflect.get(target, key);
    },
  });
};

/**
 * Holds a manifest against the schema of Kubernetes, or of KEDA. The schemas allow fields that they do not know, and the API server drops those silently: a field
 * that no schema looked at is one that nobody knows. @throws Error that names the field.
 */
export const checkManifest = async (manifest: Manifest): Promise<void> => {
  const name = `${manifest.kind} ${manifest.metadata.name}`;
  const module = (await import(moduleOf(manifest))) as Readonly<Record<string, Model>>;
  const unread = new Set<string>();
  const spec = watched(manifest.spec, 'spec', unread);
  try {
    // A model copies what it is made of, and so reads all of it.
    const model = new module[manifest.kind]!(manifest);
    Object.assign(model, { spec }).validate();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
  const unknown = [...Object.keys(manifest).filter((key) => !TOP.includes(key)), ...unread];
  if (unknown.length > 0) throw new Error(`${name}: no schema knows ${unknown.join(', ')}`);
};
