import { leavesOf, type Condition } from '@touchpoint/conditions';
import { parseDuration } from '@touchpoint/kernel';
import { targetsOf, type ExitEvent, type JourneyDocument, type Step, type WaitForStep } from './journey.ts';

/** A checked journey, ready to be run. */
export type Journey = Readonly<{
  document: JourneyDocument;
  first: string;
  steps: ReadonlyMap<string, Step>;
  exits: ReadonlyMap<string, readonly ExitEvent[]>;
  /** What of the entry event each step, and any that can follow it, looks at. A run keeps no more than its step needs. */
  needs: ReadonlyMap<string, readonly string[]>;
  /** The events that can start, move or end a run. */
  watched: ReadonlySet<string>;
}>;

/** Milliseconds of a duration of a checked journey. @throws Error when it is none: the journey was not checked. */
export const milliseconds = (duration: string): number => {
  const length = parseDuration(duration);
  if (length === undefined) throw new Error(`no duration: ${duration}`);
  return length;
};

export const compileJourney = (document: JourneyDocument): Journey => {
  const steps = new Map(document.steps.map((step) => [step.id, step]));
  const exits = new Map<string, readonly ExitEvent[]>();
  for (const exit of document.exitOn ?? []) exits.set(exit.event, [...(exits.get(exit.event) ?? []), exit]);
  const waitsFor = document.steps.filter((step): step is WaitForStep => step.type === 'waitFor').flatMap(({ events }) => events);
  const whole = [...(document.exitOn ?? []).flatMap(({ same }) => (same === undefined ? [] : [same]))];
  return {
    document,
    first: document.steps[0]!.id,
    steps,
    exits,
    needs: new Map(document.steps.map(({ id }) => [id, [...new Set([...whole, ...followers(id, steps).flatMap(looksAt)])]])),
    watched: new Set([document.entry.event, ...exits.keys(), ...waitsFor]),
  };
};

/** Every condition that a journey looks at. */
export const conditionsOf = ({ entry, exitOn = [], steps }: JourneyDocument): readonly Condition[] =>
  [entry.where, ...exitOn.map(({ where }) => where), ...steps.map((step) => (step.type === 'branch' ? step.if : step.type === 'waitFor' ? step.where : undefined))].filter((condition) => condition !== undefined);

/** A step and all that can come after it. */
const followers = (id: string, steps: ReadonlyMap<string, Step>): readonly Step[] => {
  const seen = new Set([id]);
  for (const one of seen) for (const [, target] of steps.has(one) ? targetsOf(steps.get(one)!) : []) seen.add(target);
  return [...seen].flatMap((one) => steps.get(one) ?? []);
};

/** What a step looks at in the entry event. */
const looksAt = (step: Step): readonly string[] => {
  switch (step.type) {
    case 'branch': return eventPaths(step.if);
    case 'waitFor': return step.same === undefined ? [] : [step.same];
    case 'send': return Object.values(step.variables ?? {}).flatMap((source) => ('event' in source ? [source.event] : []));
    default: return [];
  }
};

const eventPaths = (condition: Condition): readonly string[] => leavesOf(condition).flatMap(([leaf]) => ('event' in leaf ? [leaf.event] : []));
