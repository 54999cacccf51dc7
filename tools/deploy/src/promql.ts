import { parser } from '@prometheus-io/lezer-promql';

/** What a PromQL expression names: each metric with the labels that it is chosen by, and the labels that results are grouped by. */
export type Named = Readonly<{ metrics: readonly Readonly<{ name: string; labels: readonly string[] }>[]; groupings: readonly string[] }>;

/** Grafana's own; any duration fits. */
const withoutVariables = (expression: string): string => expression.replaceAll('$__rate_interval', '5m');

/** @throws Error at what is no PromQL. */
export const namedIn = (expression: string): Named => {
  const text = withoutVariables(expression);
  const metrics: { name: string; labels: string[] }[] = [];
  const groupings: string[] = [];
  let grouping = false;
  parser.parse(text).iterate({
    enter: ({ type, name, from, to }) => {
      const said = text.slice(from, to);
      if (type.isError) throw new Error(`no PromQL at ${from}: ${text}`);
      if (name === 'VectorSelector') metrics.push({ name: '', labels: [] });
      if (name === 'Identifier') metrics.at(-1)!.name = said;
      if (name === 'GroupingLabels') grouping = true;
      if (name === 'LabelName') (grouping ? groupings : metrics.at(-1)!.labels).push(said);
    },
    leave: ({ name }) => {
      if (name === 'GroupingLabels') grouping = false;
    },
  });
  return { metrics, groupings };
};
