import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** The metrics of one app. Names are put after `touchpoint_`; labels must have few values: a topic, never a customer. */
export type Metrics = Readonly<{
  registry: Registry;
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: readonly L[], collect?: (gauge: Gauge<L>) => void | Promise<void>): Gauge<L>;
  /** Buckets in the unit that the name ends in; seconds from 1 ms to 10 s by default. */
  histogram<L extends string = never>(name: string, help: string, labels?: readonly L[], buckets?: readonly number[]): Histogram<L>;
}>;

export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** A registry of its own, with Node's default metrics unless told otherwise. The same name twice is an error. */
export const createMetrics = (app: string, options: Readonly<{ defaults?: boolean }> = {}): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ app });
  if (options.defaults ?? true) collectDefaultMetrics({ register: registry });
  const shape = (name: string, help: string) => ({ name: `touchpoint_${name}`, help, registers: [registry] });
  return {
    registry,
    counter: (name, help, labels = []) => new Counter({ ...shape(name, help), labelNames: [...labels] }),
    gauge: (name, help, labels = [], collect) =>
      new Gauge({ ...shape(name, help), labelNames: [...labels], ...(collect && { collect() { return collect(this); } }) }),
    histogram: (name, help, labels = [], buckets = SECONDS) => new Histogram({ ...shape(name, help), labelNames: [...labels], buckets: [...buckets] }),
  };
};
