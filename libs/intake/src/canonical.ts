import { DEPTH, KEY_NAME, KEYS } from './bounds.ts';
import type { Issues } from './issues.ts';
import { isPersonalBy, nameKind } from './personal.ts';
import { FEW_DIGITS, holdsPersonal, isCardNumber } from './personal-text.ts';

/** Insertion sort: objects of an event have few keys, and then it is several times faster than Array's own. */
const sorted = (keys: string[]): string[] => {
  if (keys.length > 24) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let j = i - 1;
    for (; j >= 0 && keys[j]! > key; j--) keys[j + 1] = keys[j]!;
    keys[j + 1] = key;
  }
  return keys;
};

export const sortedKeys = (object: object): string[] => sorted(Object.keys(object));

const SHORT = 64;
/**
 * Whether a text stands in JSON as it is and can hold nothing that `holdsPersonal` finds: no mark of it, too few digits. One look for both at what most
 * texts are: short, printable, ASCII.
 */
const isBare = (text: string): boolean => {
  if (text.length > SHORT) return false;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH || unit === AT || unit === PERCENT || unit === PLUS) return false;
    if (unit >= ZERO && unit <= NINE && ++digits > FEW_DIGITS) return false;
  }
  return true;
};
const [QUOTE, BACKSLASH, AT, PERCENT, PLUS, ZERO, NINE] = [0x22, 0x5c, 0x40, 0x25, 0x2b, 0x30, 0x39];

/** Keys repeat from event to event. Publishers choose them, so only so many are remembered, and none that holds an address. */
const harmless = new Map<string, string>();

/**
 * Writes JSON values in one form whatever their key order, checks their bounds on the way, and notices what is personal in them:
 * one walk for digest, validation and sealing. `personal` is raised by anything personal below and lowered by whoever asks.
 */
export class Canonical {
  personal = false;
  /** Set by whoever knows the name: the value names a thing, see `holdsPersonal`. */
  isId = false;
  readonly #issues: Issues;

  constructor(issues: Issues) {
    this.#issues = issues;
  }

  value(value: unknown, depth = 1): string {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') {
      if (!this.isId && isCardNumber(value)) this.personal = true;
      if (!Number.isFinite(value)) this.#issues.add('INTAKE.WRONG_TYPE', 'This number is too large. Send it as text.');
      return value === 0 ? '0' : String(value);
    }
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    if (value === null) return 'null';
    if (typeof value !== 'object') {
      this.#issues.add('INTAKE.WRONG_TYPE', 'This is no JSON value.');
      return 'null';
    }
    if (depth > DEPTH) {
      this.#issues.add('INTAKE.TOO_DEEP', `Nest objects and lists no deeper than ${DEPTH}.`);
      return 'null';
    }
    return Array.isArray(value) ? this.#list(value, depth) : this.#object(value, depth);
  }

  text(value: string): string {
    if (isBare(value)) return `"${value}"`;
    if (holdsPersonal(value, this.isId)) this.personal = true;
    return JSON.stringify(value);
  }

  /** A key, checked and quoted, with its colon. Some write an address as a key. */
  key(key: string): string {
    const known = harmless.get(key);
    if (known !== undefined) return known;
    const quoted = `${JSON.stringify(key)}:`;
    if (key.length > KEY_NAME) this.#issues.add('INTAKE.TOO_LONG', `Names have at most ${KEY_NAME} characters.`);
    else if (holdsPersonal(key)) this.personal = true;
    else if (harmless.size < 5_000 && key.length <= 64) harmless.set(key, quoted);
    return quoted;
  }

  /** An object's keys in order. */
  keys(object: object): readonly string[] {
    const keys = sortedKeys(object);
    if (keys.length > KEYS) this.#issues.add('INTAKE.TOO_MANY', `An object has at most ${KEYS} names.`);
    return keys;
  }

  #list(list: readonly unknown[], depth: number): string {
    let out = '[';
    for (let i = 0; i < list.length; i++) {
      if (i > 0) out += ',';
      out += this.value(list[i], depth + 1);
    }
    return `${out}]`;
  }

  #object(object: object, depth: number): string {
    let out = '{';
    const { isId } = this;
    for (const key of this.keys(object)) {
      if (out.length > 1) out += ',';
      const value = (object as Record<string, unknown>)[key];
      const kind = nameKind(key);
      if (isPersonalBy(kind, value)) this.personal = true;
      this.isId = kind === 'id';
      out += this.key(key) + this.value(value, depth + 1);
    }
    this.isId = isId;
    return `${out}}`;
  }
}
