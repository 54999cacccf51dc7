import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { exposedMetrics, type Exposed } from './metrics.ts';
import { readYaml, ROOT } from './places.ts';
import { namedIn } from './promql.ts';

type Alert = Readonly<{ alert: string; expr: string; for?: string; labels: { severity: string }; annotations: { summary: string; runbook_url: string } }>;
type Panel = Readonly<{ id: number; type: string; title: string; gridPos: { x: number; y: number; w: number; h: number }; targets?: readonly { expr: string; legendFormat: string }[] }>;

const alerts = readYaml<{ groups: { rules: Alert[] }[] }>('deploy/observability/rules.yaml')[0]!.groups.flatMap(({ rules }) => rules);
const dashboard = JSON.parse(readFileSync(join(ROOT, 'deploy/observability/dashboard.json'), 'utf8')) as { panels: readonly Panel[] };
const operations = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
const anchors = [...operations.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'));
const LABEL = /\{\{ ?\$?(?:labels\.)?(\w+)/g;

let exposed: Exposed;
beforeAll(async () => { exposed = await exposedMetrics(); });

/** Names of metrics and labels that nobody exposes. */
const unknownIn = (expression: string): readonly string[] => {
  const { metrics, groupings } = namedIn(expression);
  const grouped = metrics.flatMap(({ name }) => groupings.filter((label) => !exposed.get(name)?.has(label)).map((label) => `${name} by ${label}`));
  return [...metrics.filter(({ name }) => !exposed.has(name)).map(({ name }) => name), ...metrics.flatMap(({ name, labels }) => labels.filter((label) => !exposed.get(name)?.has(label)).map((label) => `${name}{${label}}`)), ...grouped];
};

it('tells a metric and a label that nobody exposes', () => {
  expect(unknownIn('max by (consumer, nothing) (touchpoint_consumer_lag_seconds{nobody="x"}) > touchpoint_of_nobody')).toEqual(expect.arrayContaining(['touchpoint_of_nobody', 'touchpoint_consumer_lag_seconds{nobody}', 'touchpoint_consumer_lag_seconds by nothing']));
  expect(() => unknownIn('max by (touchpoint_consumer_lag_seconds')).toThrow('no PromQL');
});

describe.each(alerts.map((alert) => [alert.alert, alert] as const))('the alert %s', (name, { expr, labels, annotations }) => {
  it('names what the apps expose', () => expect(unknownIn(expr)).toEqual([]));
  it('says what it is about by labels that it has', () => {
    const { metrics, groupings } = namedIn(expr);
    const has = new Set([...groupings, ...metrics.flatMap((metric) => (groupings.length === 0 ? metric.labels : []))]);
    expect([...annotations.summary.matchAll(LABEL)].map(([, label]) => label!).filter((label) => label !== 'value' && !has.has(label))).toEqual([]);
  });
  it('has its section in docs/operations.md: what it means, how to look, what to do', () => {
    expect(annotations.runbook_url).toBe(`docs/operations.md#${name.toLowerCase()}`);
    expect(anchors).toContain(name.toLowerCase());
    const section = operations.slice(operations.indexOf(`### ${name}\n`)).split(/\n###? /)[0]!;
    for (const part of ['**Means.**', '**Look.**', '**Do.**']) expect(section).toContain(part);
    expect(['page', 'ticket']).toContain(labels.severity);
  });
});

it('has no two alerts of one name', () => expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length));

describe('the dashboard', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  it.each(panels.map((panel) => [panel.title, panel] as const))('%s shows what the apps expose', (_title, { targets }) => {
    for (const { expr, legendFormat } of targets!) {
      expect(unknownIn(expr)).toEqual([]);
      const { groupings } = namedIn(expr);
      expect([...legendFormat.matchAll(LABEL)].map(([, label]) => label!).filter((label) => !groupings.includes(label))).toEqual([]);
    }
  });
  it('has its panels side by side, each under an id of its own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { gridPos: a, title } of dashboard.panels) {
      expect([title, a.x + a.w <= 24]).toEqual([title, true]);
      expect([title, dashboard.panels.filter(({ gridPos: b }) => a !== b && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h).length]).toEqual([title, 0]);
    }
  });
});
