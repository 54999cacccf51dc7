import type { Cell, Row } from './cells.ts';
import type { Condition, Scalar } from './mapping.ts';
import { constantCell, expectedConstant, type Plain, type Scope } from './scope.ts';

/** Whether a row fulfils a condition. A cell that is empty fulfils none of the tests but `empty: true`. */
export type Holds = (row: Row) => boolean;
type Test = (cell: NonNullable<Cell>) => boolean;
type Leaf = Extract<Condition, { column: string }>;

const TEXT_TESTS = { startsWith: (text: string, part: string) => text.startsWith(part), endsWith: (text: string, part: string) => text.endsWith(part), contains: (text: string, part: string) => text.includes(part) };

const constant = (scope: Scope, type: Plain, given: Scalar): Cell => {
  const cell = constantCell(type, given);
  if (cell === undefined) scope.tell(`The column is of the type ${type}: ${expectedConstant[type]} is expected.`);
  return cell ?? null;
};

const compileTests = (leaf: Leaf, type: Plain, scope: Scope): readonly Test[] => {
  const tests: Test[] = [];
  for (const name of ['startsWith', 'endsWith', 'contains'] as const) {
    const part = leaf[name];
    if (part === undefined) continue;
    if (type !== 'text') scope.at(name).tell(`The column is of the type ${type}; only a text can be tested so.`);
    tests.push((cell) => TEXT_TESTS[name](cell as string, part));
  }
  if (leaf.equals !== undefined) {
    const wanted = constant(scope.at('equals'), type, leaf.equals);
    tests.push((cell) => cell === wanted);
  }
  if (leaf.oneOf !== undefined) {
    const wanted = new Set(leaf.oneOf.map((one, i) => constant(scope.at('oneOf', i), type, one)));
    tests.push((cell) => wanted.has(cell));
  }
  for (const name of ['lessThan', 'moreThan'] as const) {
    const given = leaf[name];
    if (given === undefined) continue;
    if (type === 'text' || type === 'boolean') scope.at(name).tell(`The column is of the type ${type}; a decimal, a whole number or a time has an order.`);
    const bound = constant(scope.at(name), type, given)!;
    tests.push(name === 'lessThan' ? (cell) => cell < bound : (cell) => cell > bound);
  }
  return tests;
};

const compileLeaf = (leaf: Leaf, scope: Scope): Holds => {
  const slot = scope.at('column').slot(leaf.column);
  if (slot < 0) return () => false;
  const tests = compileTests(leaf, scope.type(slot) as Plain, scope);
  if (leaf.empty === true && tests.length > 0) scope.tell('A cell that is empty fulfils no other test: leave out "empty", or the others.');
  return (row) => {
    const cell = row[slot]!;
    return cell === null ? leaf.empty === true : leaf.empty !== true && tests.every((test) => test(cell));
  };
};

/** Makes a condition ready; what is wrong with it is told to the scope. */
export const compileCondition = (condition: Condition, scope: Scope): Holds => {
  if ('all' in condition) {
    const parts = condition.all.map((part, i) => compileCondition(part, scope.at('all', i)));
    return (row) => parts.every((holds) => holds(row));
  }
  if ('any' in condition) {
    const parts = condition.any.map((part, i) => compileCondition(part, scope.at('any', i)));
    return (row) => parts.some((holds) => holds(row));
  }
  if ('not' in condition) {
    const holds = compileCondition(condition.not, scope.at('not'));
    return (row) => !holds(row);
  }
  return compileLeaf(condition, scope);
};
