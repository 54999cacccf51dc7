import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMetrics } from '@touchpoint/host';
import { ROOT } from './places.ts';

/** Labels by the name under which Prometheus has a series. */
export type Exposed = ReadonlyMap<string, ReadonlySet<string>>;

const DEFINITION = /metrics\.(gauge|counter|histogram)\(\s*'(\w+)',\s*(?:'(?:[^'\\]|\\.)*'|"[^"]*"|`[^`]*`)(?:,\s*(\[[^\]]*\]|\w+))?/g;
const QUOTED = /'(\w+)'/g;
/** Of every series: the app says it; Prometheus adds where it was scraped. */
const COMMON = ['app', 'job', 'instance'];

const labelsIn = (source: string, said: string | undefined): readonly string[] => {
  if (said === undefined) return [];
  const list = said.startsWith('[') ? said : new RegExp(`const ${said} = (\\[[^\\]]*\\])`).exec(source)?.[1];
  if (list === undefined) throw new Error(`the labels ${said} are not written where they are used`);
  return [...list.matchAll(QUOTED)].map(([, label]) => label!);
};

/** Every metric that the apps define, read from where they define it, and those that Node has of itself. */
export const exposedMetrics = async (): Promise<Exposed> => {
  const exposed = new Map<string, ReadonlySet<string>>();
  const add = (name: string, kind: string, labels: readonly string[]) => {
    const all = new Set([...COMMON, ...labels]);
    if (kind !== 'histogram') return exposed.set(name, all);
    for (const part of ['_count', '_sum']) exposed.set(name + part, all);
    exposed.set(`${name}_bucket`, new Set([...all, 'le']));
  };
  for (const file of globSync('{apps,libs}/*/src/**/*.ts', { cwd: ROOT }).filter((path) => !path.endsWith('.spec.ts'))) {
    const source = readFileSync(join(ROOT, file), 'utf8');
    for (const [, kind, name, labels] of source.matchAll(DEFINITION)) add(`touchpoint_${name}`, kind!, labelsIn(source, labels));
  }
  for (const { name, type } of await createMetrics('spec').registry.getMetricsAsJSON()) add(name, String(type), []);
  return exposed;
};
