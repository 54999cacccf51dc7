import type { Condition, ReachChannel, Scalar } from '@touchpoint/conditions';

/** ISO 8601, of fixed length: P30D, PT2H. */
export type Duration = string;

/** Where the value of a template's variable comes from. */
export type VariableSource = Readonly<{ event: string }> | Readonly<{ measure: string }> | Readonly<{ value: Scalar }>;

export type WaitStep = Readonly<{ id: string; type: 'wait'; for: Duration; next: string }>;
/** `of`: the event is about the message that this step sent in this run. `same`: a property has the value that it has in the entry event. */
export type WaitForStep = Readonly<{
  id: string;
  type: 'waitFor';
  events: readonly string[];
  of?: string;
  same?: string;
  where?: Condition;
  within: Duration;
  then: string;
  else: string;
}>;
export type BranchStep = Readonly<{ id: string; type: 'branch'; if: Condition; then: string; else: string }>;
export type SendStep = Readonly<{
  id: string;
  type: 'send';
  channel: ReachChannel;
  template: string;
  class: 'transactional' | 'marketing';
  purpose?: string;
  guarantee: 'atLeastOnce' | 'atMostOnce';
  /** How long after the step was due the message may still go out. */
  notAfter: Duration;
  variables?: Readonly<Record<string, VariableSource>>;
  link?: string;
  next: string;
  ifHeld?: string;
}>;
export type ExitStep = Readonly<{ id: string; type: 'exit'; reason?: string }>;
export type Step = WaitStep | WaitForStep | BranchStep | SendStep | ExitStep;

/** What a further entry event does. */
export type Reentry = Readonly<{ rule: 'always' }> | Readonly<{ rule: 'oncePer'; key: string }> | Readonly<{ rule: 'restart' }>;
export type ExitEvent = Readonly<{ event: string; where?: Condition; same?: string }>;

/** A journey as its author writes it; `schemas/journey.schema.json` says the same for editors. */
export type JourneyDocument = Readonly<{
  id: string;
  version: number;
  name: string;
  goal: string;
  entry: Readonly<{ event: string; where?: Condition }>;
  reentry: Reentry;
  exitOn?: readonly ExitEvent[];
  steps: readonly Step[];
}>;

/** The steps that a step can lead to, with the name of the field that says so. */
export const targetsOf = (step: Step): readonly (readonly [field: string, stepId: string])[] => {
  switch (step.type) {
    case 'wait': return [['next', step.next]];
    case 'waitFor':
    case 'branch': return [['then', step.then], ['else', step.else]];
    case 'send': return [['next', step.next], ...(step.ifHeld === undefined ? [] : [['ifHeld', step.ifHeld] as const])];
    case 'exit': return [];
  }
};

/** A step at which a run rests until an event or a timer. */
export const waits = (step: Step): step is WaitStep | WaitForStep => step.type === 'wait' || step.type === 'waitFor';
