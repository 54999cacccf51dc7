import { mayContact, type Permission } from '@touchpoint/consent';
import type { Json } from '@touchpoint/conditions';
import { entryJson, milliseconds, type Run, type SendStep, type VariableSource } from '@touchpoint/journeys';
import type { Instant, SourceKey } from '@touchpoint/kernel';
import type { TemplateDocument } from '@touchpoint/messaging';
import { toIso } from '@touchpoint/kernel';
import { reachable, type ReachablePoint } from './contact-points.ts';
import { MEASURE_KINDS, measureValue } from './measures.ts';
import { partsOf, type CustomerState } from './state.ts';

/** Longest that a message's variables may be, in characters of JSON. */
export const MAX_VARIABLES = 64_000;

/** Why a message is held: short codes, the same on the log and in every view. */
export type Held = 'unknown template' | 'expired' | 'merge pending' | 'no contact point' | 'no consent' | 'withdrawn' | 'suppressed' | 'variable missing' | 'variables too large';
/** What was decided about one message and what it rests on. */
export type MessageDecision = Readonly<{ held: Held | null; contactPoint: SourceKey | null; notAfter: Instant; variables: Readonly<Record<string, Json>>; looked: Readonly<Record<string, Json>> }>;

/** Decides on one message at `now`. It was due at the run's clock. The first reason that speaks against it counts. */
export const decideMessage = (state: CustomerState, run: Run, step: SendStep, template: TemplateDocument | undefined, now: Instant): MessageDecision => {
  const notAfter = run.clock + milliseconds(step.notAfter);
  const purpose = purposeOf(step);
  const { point, permission, points } = chosenPoint(state, step.channel, step.class, purpose);
  const pending = Object.keys(state.pending);
  const variables = Object.fromEntries(Object.entries(step.variables ?? {}).map(([name, source]) => [name, variable(state, run, source, now)]));
  const missing = Object.keys(variables).filter((name) => variables[name] === null && template?.variables[name]?.optional !== true);
  const looked: Record<string, Json> = { due: toIso(run.clock), now: toIso(now), notAfter: toIso(notAfter), purpose, contactPoints: points };
  if (permission) looked['consent'] = { allowed: permission.allowed, because: permission.allowed ? permission.because : permission.reason, since: permission.since === null ? null : toIso(permission.since) };
  if (pending.length) looked['pending'] = pending;
  if (missing.length) looked['missing'] = missing;
  const held = firstOf<Held>([
    [!template, 'unknown template'],
    [now > notAfter, 'expired'],
    [step.class === 'marketing' && pending.length > 0, 'merge pending'],
    [!permission, 'no contact point'],
    [permission?.allowed === false, permission?.allowed === false ? permission.reason : 'no consent'],
    [missing.length > 0, 'variable missing'],
    [JSON.stringify(variables).length > MAX_VARIABLES, 'variables too large'],
  ]);
  return { held, contactPoint: (point?.id as SourceKey | undefined) ?? null, notAfter, variables, looked };
};

export const purposeOf = (step: SendStep): string => step.purpose ?? step.class;

const firstOf = <T>(reasons: readonly (readonly [applies: boolean, reason: T])[]): T | null => reasons.find(([applies]) => applies)?.[1] ?? null;

/** The newest address or device that may be contacted; otherwise the newest, with what speaks against it. */
const chosenPoint = (state: CustomerState, channel: string, messageClass: 'transactional' | 'marketing', purpose: string): Readonly<{ point?: ReachablePoint; permission?: Permission; points: number }> => {
  const parts = partsOf(state);
  const points = reachable(parts.map(({ contacts }) => contacts), channel);
  const asked = points.map((point) => ({ point, permission: mayContact(parts, { channel, messageClass, purpose, contactPoint: point.id }) }));
  return { ...(asked.find(({ permission }) => permission.allowed) ?? asked[0]), points: points.length };
};

const variable = (state: CustomerState, run: Run, source: VariableSource, now: Instant): Json => {
  if ('value' in source) return source.value;
  if ('event' in source) return entryJson(run, source.event);
  const value = measureValue(partsOf(state), source.measure, now);
  if (value === undefined) return null;
  return MEASURE_KINDS[source.measure] === 'instant' ? toIso(value as Instant) : (value as Json);
};
