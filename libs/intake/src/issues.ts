import { holdsPersonal } from './personal-text.ts';

/** One thing wrong with an event: where (dotted, `properties.products[2].price`), what kind of wrong, and what to do. Never the value: it may be personal. */
export type Issue = Readonly<{ path: string; code: IssueCode; message: string }>;
export type IssueCode =
  | 'INTAKE.NOT_AN_OBJECT'
  | 'INTAKE.UNKNOWN_TYPE'
  | 'INTAKE.NO_MESSAGE_ID'
  | 'INTAKE.NO_SOURCE'
  | 'INTAKE.BAD_ID'
  | 'INTAKE.FORBIDDEN_SOURCE'
  | 'INTAKE.MISSING'
  | 'INTAKE.WRONG_TYPE'
  | 'INTAKE.TOO_LONG'
  | 'INTAKE.TOO_DEEP'
  | 'INTAKE.TOO_MANY'
  | 'INTAKE.BAD_TEXT'
  | 'INTAKE.PERSONAL'
  | 'INTAKE.BAD_TIME'
  | 'INTAKE.FUTURE'
  | 'INTAKE.HISTORY_FORBIDDEN'
  | 'INTAKE.BAD_CLOUDEVENT';

/** Why an event was not taken. `code` is that of its issues where they share one. */
export type Refusal = Readonly<{ code: IssueCode | 'INTAKE.INVALID'; message: string; issues: readonly Issue[] }>;

/** So many are named; whoever has more to mend sees the next ones after mending these. */
const MOST = 20;

/** Collects what is wrong with one event. `at` is the path so far; readers add to it without knowing where they stand. */
export class Issues {
  readonly #list: Issue[] = [];
  readonly #at: (string | number)[] = [];

  get count(): number {
    return this.#list.length;
  }

  enter(part: string | number): void {
    this.#at.push(part);
  }

  leave(): void {
    this.#at.pop();
  }

  /** @param part the last part of the path, where it was not entered */
  add(code: IssueCode, message: string, part?: string): void {
    if (this.#list.length >= MOST) return;
    const at = part === undefined ? this.#at : [...this.#at, part];
    this.#list.push({ path: at.map((name, i) => (typeof name === 'number' ? `[${name}]` : i === 0 ? shown(name) : `.${shown(name)}`)).join(''), code, message });
  }

  /** Of what can be neither sealed nor left out. */
  addPersonal(part?: string): void {
    this.add('INTAKE.PERSONAL', 'This holds what looks like an e-mail address, a phone number or a card number, and would stay readable for ever. Name things by ids of their own here, and send whose they are as a property or trait: there it is sealed.', part);
  }

  refusal(): Refusal {
    const [first] = this.#list;
    const same = first && this.#list.every(({ code }) => code === first.code);
    const rest = this.#list.length > 1 ? ` (and ${this.#list.length - 1} more)` : '';
    return { code: same ? first.code : 'INTAKE.INVALID', message: first ? `${first.path ? `${first.path}: ` : ''}${first.message}${rest}` : 'The event is not valid.', issues: this.#list };
  }
}

const LONGEST_NAME = 64;
/** A publisher chooses the names in a path: they may be huge, be an address, and hold what breaks a terminal. */
const shown = (name: string): string => (holdsPersonal(name) ? '…' : name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`).replaceAll(/[^\x20-\x7e…]/g, '?');
