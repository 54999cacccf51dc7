import { invalidMessage, parseDecimal } from '@touchpoint/kernel';
import { BOUNDS, PARAMETERS } from './fit-bg-nbd.ts';
import { LEAST_REPEAT_CUSTOMERS, type PredictionModel } from './prediction-model.ts';

/** What is wrong with a document: where (a JSON pointer), and what stands there instead. */
export type ModelIssue = Readonly<{ path: string; message: string }>;
type Check = (value: unknown, path: string) => readonly ModelIssue[];

/** @returns every fault found; none: it is a `PredictionModel` of this version. */
export const checkPredictionModel = (document: unknown): readonly ModelIssue[] => checkDocument(document, '');

/** A model as it was published. @throws Failure (InvalidMessage) that names the places at fault */
export const parsePredictionModel = (document: unknown): PredictionModel => {
  const issues = checkPredictionModel(document);
  if (issues.length > 0) throw invalidMessage('PREDICTION.MODEL_INVALID', issues.map(({ path, message }) => `${path || '/'}: ${message}`).join('; '));
  return document as PredictionModel;
};

const number = (holds: (value: number) => boolean, wanted: string): Check => (value, path) => (typeof value === 'number' && Number.isFinite(value) && holds(value) ? [] : [{ path, message: `must be ${wanted}` }]);
const whole = (least: number) => number((value) => Number.isSafeInteger(value) && value >= least, `a whole number of at least ${least}`);
const between = ([least, most]: readonly [number, number]) => number((value) => value >= least && value <= most, `a number from ${least} to ${most}`);

const object = (checks: Readonly<Record<string, Check>>): Check => (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ path, message: 'must be an object' }];
  return [
    ...Object.entries(checks).flatMap(([name, check]) => check(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined, `${path}/${name}`)),
    ...Object.keys(value).filter((name) => !Object.hasOwn(checks, name)).map((name) => ({ path: `${path}/${name}`, message: 'is unknown' })),
  ];
};

/** Four that do not fall. */
const cuts = <T extends number | bigint>(one: Check, read: (value: unknown) => T): Check => (value, path) => {
  if (!Array.isArray(value) || value.length !== 4) return [{ path, message: 'must be four cut points' }];
  const issues = value.flatMap((cut, i) => one(cut, `${path}/${i}`));
  if (issues.length > 0) return issues;
  return value.slice(1).flatMap((cut, i) => (read(cut) < read(value[i]) ? [{ path: `${path}/${i + 1}`, message: 'must not be less than the one before' }] : []));
};
const decimalText: Check = (value, path) => (typeof value === 'string' && parseDecimal(value) !== undefined ? [] : [{ path, message: 'must be the text of a decimal' }]);

const checkDocument = object({
  version: (value, path) => (value === 1 ? [] : [{ path, message: 'must be 1' }]),
  learnedAt: whole(0),
  customers: whole(LEAST_REPEAT_CUSTOMERS),
  repeatCustomers: whole(LEAST_REPEAT_CUSTOMERS),
  bgNbd: object(Object.fromEntries(PARAMETERS.map((name) => [name, between(BOUNDS[name])]))),
  rfm: object({ recencyDays: cuts(whole(0), Number), orders: cuts(whole(1), Number), net: cuts(decimalText, (value) => parseDecimal(value as string)!) }),
});
