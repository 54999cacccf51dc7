import { Ajv, type ErrorObject } from 'ajv';
import { compileMapping, type CompiledMapping } from './compile.ts';
import type { Mapping } from './mapping.ts';
import type { Issue } from './scope.ts';

export type CheckedMapping = CompiledMapping | Readonly<{ issues: readonly Issue[] }>;

const MOST = 20;
const quoted = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');

/** What each keyword of the schema asks for, said to whoever wrote the mapping. */
const saying: Readonly<Record<string, (error: ErrorObject) => string>> = {
  required: ({ params }) => `"${params['missingProperty']}" is missing. Add it.`,
  additionalProperties: ({ params, parentSchema }) => `There is no "${params['additionalProperty']}" here; there are ${quoted(Object.keys((parentSchema?.['properties'] as object | undefined) ?? {}))}.`,
  type: ({ params }) => `Expected ${[params['type']].flat().join(' or ')}.`,
  enum: ({ params }) => `Expected one of ${quoted(params['allowedValues'] as readonly unknown[])}.`,
  const: ({ params }) => `Expected ${JSON.stringify(params['allowedValue'])}.`,
  minItems: ({ params }) => `Expected at least ${params['limit']} of them.`,
  maxItems: ({ params }) => `Expected at most ${params['limit']} of them.`,
  minLength: () => 'Expected a text that is not empty.',
  minProperties: ({ instancePath }) => (instancePath.endsWith('/columns') ? 'Name at least one column.' : 'Say what is asked of it, such as "equals", "startsWith" or "empty".'),
  uniqueItems: () => 'The same stands here twice.',
  minimum: ({ params }) => `Expected ${params['limit']} or more.`,
  maximum: ({ params }) => `Expected ${params['limit']} or less.`,
  pattern: ({ parentSchema }) => String(parentSchema?.['description'] ?? 'The text has another form.'),
};

/** A branch that was not meant says nothing of use. */
const issueOf = (error: ErrorObject): Issue[] => {
  const say = saying[error.keyword];
  return error.keyword === 'if' ? [] : [{ path: error.instancePath, message: say ? say(error) : `It ${error.message}.` }];
};

/** The check of mapping documents by their schema (`schemas/mapping.schema.json`) and by the names in them; what passes is made ready. */
export const mappingChecker = (schema: object): ((document: unknown) => CheckedMapping) => {
  const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false, strictRequired: false }).compile<Mapping>(schema);
  return (document) => {
    if (validate(document)) return compileMapping(document);
    const issues = (validate.errors ?? []).flatMap(issueOf);
    return { issues: issues.slice(0, MOST) };
  };
};

/** As text, one a line: where, and what to do about it. */
export const issueLines = (issues: readonly Issue[]): readonly string[] => issues.map(({ path, message }) => `${path || '/'}: ${message}`);
