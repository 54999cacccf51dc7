import { derivedId } from '@touchpoint/kernel';
import type { Row } from './cells.ts';
import { compileCondition, type Holds } from './condition.ts';
import { BAG_PARTS, TEXT_PARTS, type Call, type EventRule, type Mapping } from './mapping.ts';
import type { Scope } from './scope.ts';
import { compileValue, compileValues, Unmappable, type Make } from './values.ts';

/** An ordinary message of Segment's HTTP API, marked as history. */
export type ImportMessage = Readonly<{
  type: Call;
  messageId: string;
  historical: true;
  timestamp: string;
  event?: string;
  userId?: string;
  anonymousId?: string;
  properties?: Readonly<Record<string, unknown>>;
}> &
  Readonly<Record<string, unknown>>;

/** What a row, or the rows of a group, become. `skipped`: the mapping wants no message of them. */
export type Mapped = Readonly<{ message: ImportMessage }> | Readonly<{ skipped: true }> | Readonly<{ unmappable: string }>;
export type MakeMessage = (key: string, rows: readonly Row[]) => Mapped;

/** The longest messageId that the intake takes. */
const LONGEST_ID = 100;
/** Readable where it fits; derived, and as firm, where it does not. */
export const messageIdOf = (dataSet: string, key: string): string => {
  const id = `${dataSet}/${key}`;
  return id.length <= LONGEST_ID ? id : `${dataSet}/${derivedId('import', dataSet, key)}`;
};

type Rule = Exclude<EventRule, { skip: true }>;
type Made = Readonly<{ when: Holds; make: ((key: string, rows: readonly Row[]) => ImportMessage) | null }>;

/** What each call cannot do without. */
const NEEDS: Readonly<Record<Call, readonly (keyof Rule)[]>> = {
  track: ['event'], identify: [], page: [], screen: [], group: ['groupId'], alias: ['userId', 'previousId'],
};

const textPart = (rule: Rule, part: (typeof TEXT_PARTS)[number], scope: Scope): Make | undefined => {
  const value = rule[part];
  if (value === undefined) return undefined;
  const { kind, make } = compileValue(value, scope.at(part));
  if (part === 'timestamp' && kind !== 'time') scope.at(part).tell('The time of a message comes from a column of the type time, such as { "column": "CreatedAt" }.');
  if (kind === 'list' || kind === 'object') scope.at(part).tell('A single value is expected here.');
  return make;
};

const compileMessage = (rule: Rule, mapping: Mapping, scope: Scope): NonNullable<Made['make']> => {
  for (const part of NEEDS[rule.type]) if (rule[part] === undefined) scope.tell(`A message of the type ${rule.type} has "${part}".`);
  if (rule.userId === undefined && rule.anonymousId === undefined) scope.tell('Say whom it is about: "userId", "anonymousId", or both.');
  const parts = TEXT_PARTS.flatMap((part) => {
    const make = textPart(rule, part, scope);
    return make ? [[part, make] as const] : [];
  });
  const bags = BAG_PARTS.flatMap((bag) => (rule[bag] ? [[bag, compileValues(rule[bag], scope.at(bag))] as const] : []));
  return (key, rows) => {
    const message: Record<string, unknown> = { type: rule.type, messageId: messageIdOf(mapping.name, key) };
    for (const [part, make] of parts) {
      const value = make(rows);
      if (value !== undefined) message[part] = String(value);
    }
    for (const part of NEEDS[rule.type]) if (message[part] === undefined) throw new Unmappable(`There is no ${part}.`);
    if (message['userId'] === undefined && message['anonymousId'] === undefined) throw new Unmappable('There is neither a userId nor an anonymousId.');
    if (message['timestamp'] === undefined) throw new Unmappable('There is no time of it.');
    for (const [bag, make] of bags) message[bag] = make(rows);
    message['historical'] = true;
    return message as ImportMessage;
  };
};

const ALWAYS: Holds = () => true;
const NO_EVENT = 'No event of the mapping is meant for it: each has a condition ("when") that does not hold. Add one without, or one with "skip": true.';

/** Makes the rules of a mapping ready; what is wrong with them is told to the scope. */
export const compileRules = (mapping: Mapping, scope: Scope): MakeMessage => {
  const rules = mapping.events.map((rule, i): Made => {
    const at = scope.at('events', i);
    const when = rule.when ? compileCondition(rule.when, at.at('when')) : ALWAYS;
    if (when === ALWAYS && i < mapping.events.length - 1) at.tell('It has no "when", so what stands after it is never reached. Put it last.');
    return { when, make: 'skip' in rule ? null : compileMessage(rule, mapping, at) };
  });
  return (key, rows) => {
    const rule = rules.find(({ when }) => when(rows[0]!));
    if (!rule) return { unmappable: NO_EVENT };
    if (!rule.make) return { skipped: true };
    try {
      return { message: rule.make(key, rows) };
    } catch (error) {
      if (error instanceof Unmappable) return { unmappable: error.reason };
      throw error;
    }
  };
};
