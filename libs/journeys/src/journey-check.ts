import { checkCondition, eventNames, SEGMENT_EVENTS, leavesOf, propertyKind, shapeChecker, type Condition, type Issue, type Kind, type Vocabulary } from '@touchpoint/conditions';
import { DAY, parseDuration } from '@touchpoint/kernel';
import { checkGraph } from './journey-graph.ts';
import type { JourneyDocument, SendStep, VariableSource, WaitForStep } from './journey.ts';

/** What a journey may refer to. `templates` by id, with what their channel is and which variables they declare. */
export type Known = Readonly<{
  measures: Readonly<Record<string, Kind>>;
  segments: ReadonlySet<string>;
  templates: ReadonlyMap<string, Readonly<{ channel: string; variables: Readonly<Record<string, Readonly<{ optional?: boolean }>>> }>>;
}>;

const EVENTS: readonly string[] = [...eventNames(), ...SEGMENT_EVENTS];
/** Longest that a step may wait, or a message stay good. */
const MAX_DURATION = 3_660 * DAY;
const NO_LINK = /^(?:javascript|data|vbscript|file|blob):/i;

/** @returns every fault found, each with the JSON pointer of its place and what to do; none: the journey can be compiled and run. */
export type JourneyCheck = (document: unknown, known: Known) => readonly Issue[];

/**
 * The check of a journey as its author wrote it: its shape first, by the schemas, then what it means: events,
 * properties, measures, templates and their variables, the way through its steps.
 */
export const journeyChecker = (): JourneyCheck => {
  const checkShape = shapeChecker('journey');
  return (document, known) => {
    const shape = checkShape(document);
    return shape.length ? shape : checkMeaning(document as JourneyDocument, known);
  };
};

const checkMeaning = (journey: JourneyDocument, known: Known): readonly Issue[] => {
  const { entry, reentry, exitOn = [], steps } = journey;
  const vocabulary = (event: string): Vocabulary => ({ ...known, event: (path) => propertyKind(event, path) });
  const issues = [
    ...checkEvent(entry.event, '/entry/event'),
    ...checkWhere(entry.where, vocabulary(entry.event), '/entry/where'),
    ...checkSegments(entry.where, entry.event, known, '/entry/where'),
    ...(reentry.rule === 'oncePer' ? checkKey(entry.event, reentry.key, '/reentry/key') : []),
    ...exitOn.flatMap(({ event, where, same }, i) => [
      ...checkEvent(event, `/exitOn/${i}/event`),
      ...checkWhere(where, vocabulary(event), `/exitOn/${i}/where`),
      ...checkSegments(where, event, known, `/exitOn/${i}/where`),
      ...(same === undefined ? [] : checkSame(entry.event, [event], same, `/exitOn/${i}/same`)),
    ]),
    ...steps.flatMap((step, i) => {
      const path = `/steps/${i}`;
      switch (step.type) {
        case 'wait': return checkDuration(step.for, `${path}/for`);
        case 'waitFor': return checkWaitFor(journey, step, known, path);
        case 'branch': return checkWhere(step.if, vocabulary(entry.event), `${path}/if`);
        case 'send': return checkSend(journey, step, known, path);
        case 'exit': return [];
      }
    }),
  ];
  return [...issues, ...checkGraph(steps)];
};

const checkEvent = (event: string, path: string): readonly Issue[] =>
  EVENTS.includes(event) ? [] : [{ path, message: `there is no event "${event}"; there are ${EVENTS.join(', ')}. An event without a name of its own is Tracked, with a condition on its name` }];

const checkWhere = (where: Condition | undefined, vocabulary: Vocabulary, path: string): readonly Issue[] =>
  where ? [...checkCondition(where, vocabulary, path), ...leavesOf(where, path).flatMap(([leaf, at]) => ('within' in leaf ? checkDuration(leaf.within!, `${at}/within`) : []))] : [];

/** A segment that a journey waits to be entered must be one. */
const checkSegments = (where: Condition | undefined, event: string, { segments }: Known, path: string): readonly Issue[] =>
  (SEGMENT_EVENTS as readonly string[]).includes(event) && where
    ? leavesOf(where, path).flatMap(([leaf, at]) => {
        const asked = 'event' in leaf && leaf.event === 'segmentId' ? [...(leaf.equals === undefined ? [] : [leaf.equals]), ...(leaf.oneOf ?? [])] : [];
        return asked.filter((id) => !segments.has(String(id))).map((id) => ({ path: at, message: `there is no segment "${String(id)}"; there are ${[...segments].join(', ') || 'none'}` }));
      })
    : [];

const checkDuration = (duration: string, path: string): readonly Issue[] => {
  const length = parseDuration(duration) ?? 0;
  return length > 0 && length <= MAX_DURATION ? [] : [{ path, message: 'must be longer than nothing and at most ten years' }];
};

const COMPARED: readonly Kind[] = ['text', 'number', 'decimal', 'any'];
const checkKey = (event: string, key: string, path: string): readonly Issue[] => {
  const kind = propertyKind(event, key);
  return kind && COMPARED.includes(kind) ? [] : [{ path, message: kind ? `"${key}" of ${event} is ${kind}: it cannot tell one thing from another` : `${event} has no property "${key}"` }];
};
const checkSame = (entry: string, events: readonly string[], same: string, path: string): readonly Issue[] => [entry, ...events].flatMap((event) => checkKey(event, same, path));

const checkWaitFor = ({ entry, steps }: JourneyDocument, step: WaitForStep, known: Known, path: string): readonly Issue[] => [
  ...step.events.flatMap((event, i) => checkEvent(event, `${path}/events/${i}`)),
  ...checkDuration(step.within, `${path}/within`),
  ...step.events.flatMap((event) => checkWhere(step.where, { ...known, event: (name) => propertyKind(event, name) }, `${path}/where`)),
  ...(step.same === undefined ? [] : checkSame(entry.event, step.events, step.same, `${path}/same`)),
  ...(step.of === undefined
    ? []
    : [
        ...(steps.find(({ id }) => id === step.of)?.type === 'send' ? [] : [{ path: `${path}/of`, message: `"${step.of}" is no step that sends` }]),
        ...step.events.flatMap((event, i) => (propertyKind(event, 'message.commandId') ? [] : [{ path: `${path}/events/${i}`, message: `${event} is not about a message: leave "of" out, or wait for MessageOpened or the like` }])),
      ]),
];

const checkSend = ({ entry }: JourneyDocument, step: SendStep, known: Known, path: string): readonly Issue[] => {
  const issues: Issue[] = [...checkDuration(step.notAfter, `${path}/notAfter`)];
  if (step.link !== undefined && NO_LINK.test(step.link)) issues.push({ path: `${path}/link`, message: 'runs code or opens a file: give an https link or a screen of the app' });
  if (step.class === 'transactional' && step.purpose !== undefined && step.purpose !== 'transactional') issues.push({ path: `${path}/purpose`, message: 'a transactional message has no other purpose; a message for another purpose is marketing' });
  if (step.class === 'marketing' && step.purpose === 'transactional') issues.push({ path: `${path}/purpose`, message: 'a marketing message cannot go out as transactional' });
  const template = known.templates.get(step.template);
  if (!template) return [...issues, { path: `${path}/template`, message: `there is no template "${step.template}"; there are ${[...known.templates.keys()].join(', ') || 'none'}` }];
  if (template.channel !== step.channel) issues.push({ path: `${path}/template`, message: `"${step.template}" is a template for ${template.channel}, and the step sends by ${step.channel}` });
  const variables = step.variables ?? {};
  for (const name of Object.keys(template.variables)) if (!Object.hasOwn(variables, name)) issues.push({ path: `${path}/variables`, message: `the template "${step.template}" needs "${name}": say where it comes from` });
  for (const [name, source] of Object.entries(variables)) {
    const at = `${path}/variables/${name}`;
    if (!Object.hasOwn(template.variables, name)) issues.push({ path: at, message: `the template "${step.template}" has no variable "${name}"; it has ${Object.keys(template.variables).join(', ') || 'none'}` });
    issues.push(...checkSource(entry.event, source, known, at));
  }
  return issues;
};

const checkSource = (event: string, source: VariableSource, { measures }: Known, path: string): readonly Issue[] => {
  if ('measure' in source) return Object.hasOwn(measures, source.measure) ? [] : [{ path: `${path}/measure`, message: `there is no measure "${source.measure}"; there are ${Object.keys(measures).join(', ')}` }];
  if ('value' in source) return [];
  const kind = propertyKind(event, source.event);
  if (!kind) return [{ path: `${path}/event`, message: `${event} has no property "${source.event}"; what publishers add themselves is below properties` }];
  return kind === 'personal' ? [{ path: `${path}/event`, message: `"${source.event}" is personal: it is sealed, and no variable may hold it` }] : [];
};
