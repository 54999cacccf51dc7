import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './places.ts';

/** `http`: people and publishers call it. `worker`: it reads the log; its port serves /health and /metrics only. */
export type AppKind = 'http' | 'worker';

/** One app of the system. `port` is that of its first process. `path` is where a person who opens its URL should begin. */
export type AppEntry = Readonly<{ name: string; port: number; kind: AppKind; says: string; path?: string }>;

/** Every app that the system may have, in the order in which people read about them. */
const TABLE: readonly AppEntry[] = [
  { name: 'ingest-api', port: 4001, kind: 'http', says: "events in: Segment's HTTP API and CloudEvents" },
  { name: 'link-gateway', port: 4002, kind: 'http', says: 'links, opens, clicks, unsubscribes' },
  { name: 'query-api', port: 4003, kind: 'http', says: 'customers, timelines, messages', path: '/docs' },
  { name: 'workspace-api', port: 4004, kind: 'http', says: 'journeys, segments, templates, keys', path: '/docs' },
  { name: 'operations-api', port: 4005, kind: 'http', says: 'for operators: replay, rebuild, erase, what is parked, the audit log' },
  { name: 'identity-resolver', port: 4011, kind: 'worker', says: 'who the customer is' },
  { name: 'profile-projector', port: 4012, kind: 'worker', says: 'read models' },
  { name: 'channel-orchestrator', port: 4013, kind: 'worker', says: 'decisions' },
  { name: 'delivery-service', port: 4014, kind: 'worker', says: 'messages out; in the sandbox, one can look at them', path: '/sandbox' },
];

/** The apps that this checkout has: one whose folder is not filled yet is simply not there. */
export const presentApps = (root: string = repositoryRoot): readonly AppEntry[] => TABLE.filter(({ name }) => existsSync(join(root, 'apps', name, 'src/main.ts')));

/** One process of an app. The first bears the app's name, the others `name-2`, `name-3`, … */
export type AppInstance = Readonly<{ name: string; app: AppEntry; replica: number }>;

/** Ports of further processes of an app lie this far apart. */
export const REPLICA_PORTS = 100;

export const instancesOf = (apps: readonly AppEntry[], replicas: Readonly<Record<string, number>>): readonly AppInstance[] =>
  apps.flatMap((app) => Array.from({ length: replicas[app.name] ?? 1 }, (_, i) => ({ name: i === 0 ? app.name : `${app.name}-${i + 1}`, app, replica: i + 1 })));

/** The variable that moves an app to another port. */
export const portVariable = (app: string): string => `${app.replaceAll('-', '_').toUpperCase()}_PORT`;
