import type { Issue } from '@touchpoint/conditions';
import { targetsOf, waits, type Step } from './journey.ts';

/** Checks the way through the steps: every target is there, every step can be reached, and every circle waits somewhere. */
export const checkGraph = (steps: readonly Step[]): readonly Issue[] => {
  const place = new Map<string, number>();
  const issues: Issue[] = [];
  steps.forEach(({ id }, i) => {
    if (place.has(id)) issues.push({ path: `/steps/${i}/id`, message: `"${id}" is the id of step ${place.get(id)} already` });
    else place.set(id, i);
  });
  steps.forEach((step, i) => {
    for (const [field, target] of targetsOf(step)) {
      if (!place.has(target)) issues.push({ path: `/steps/${i}/${field}`, message: `there is no step "${target}"; there are ${[...place.keys()].join(', ')}` });
    }
  });
  if (issues.length) return issues;
  const targets = (i: number): readonly number[] => targetsOf(steps[i]!).map(([, id]) => place.get(id)!);
  return [...unreachable(steps, targets), ...restless(steps, targets)];
};

const unreachable = (steps: readonly Step[], targets: (i: number) => readonly number[]): readonly Issue[] => {
  const seen = new Set([0]);
  for (const i of seen) for (const target of targets(i)) seen.add(target);
  return steps.flatMap(({ id }, i) => (seen.has(i) ? [] : [{ path: `/steps/${i}`, message: `nothing leads to the step "${id}": take it out, or let a step go on to it` }]));
};

/** Circles in which no step waits: a run would never rest. Found by leaving out what waits and looking for a way back. */
const restless = (steps: readonly Step[], targets: (i: number) => readonly number[]): readonly Issue[] => {
  const state = steps.map((step) => (waits(step) ? 'done' : 'new') as 'new' | 'open' | 'done');
  const issues: Issue[] = [];
  const follow = (i: number, way: readonly string[]): void => {
    state[i] = 'open';
    for (const target of targets(i)) {
      if (state[target] === 'new') follow(target, [...way, steps[target]!.id]);
      else if (state[target] === 'open') issues.push({ path: `/steps/${i}`, message: `goes round without ever waiting: ${[...way.slice(way.indexOf(steps[target]!.id)), steps[target]!.id].join(' → ')}. Put a wait into the circle` });
    }
    state[i] = 'done';
  };
  steps.forEach((_, i) => {
    if (state[i] === 'new') follow(i, [steps[i]!.id]);
  });
  return issues;
};
