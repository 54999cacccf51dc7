import { Ajv, type ErrorObject } from 'ajv';
import type { Issue } from './condition-check.ts';
import { documentSchemas } from './document-schemas.ts';

/**
 * The check of a document's shape. The schemas' keyword `hint` is ours: it says in the author's words what is expected; `verbose` gives it with each error.
 */
export const shapeChecker = (kind: 'journey' | 'segment'): ((document: unknown) => readonly Issue[]) => {
  const validate = new Ajv({ allErrors: true, verbose: true, strict: true, strictTypes: false, strictRequired: false, keywords: ['hint'], schemas: [documentSchemas.condition] }).compile(documentSchemas[kind]);
  return (document) => {
    if (validate(document)) return [];
    const issues = (validate.errors ?? []).flatMap(issueOf);
    return issues.filter((one, i) => issues.findIndex((other) => other.path === one.path && other.message === one.message) === i);
  };
};

const issueOf = ({ keyword, instancePath: path, params, message, parentSchema, data }: ErrorObject): readonly Issue[] => {
  const hint = (parentSchema as { hint?: string } | undefined)?.hint;
  switch (keyword) {
    case 'if':
    case 'allOf':
      return [];
    case 'not': return [{ path, message: 'asks for two things at once, such as a measure and an event: write two conditions under all' }];
    case 'additionalProperties': return [{ path: `${path}/${String(params['additionalProperty'])}`, message: 'is not known here: take it out, or look for a slip in its name' }];
    case 'required': return [{ path, message: hint ? `needs ${hint}` : `needs "${String(params['missingProperty'])}"` }];
    case 'minProperties': return [{ path, message: hint ? `needs ${hint}` : (message ?? keyword) }];
    case 'pattern': return [{ path, message: `${JSON.stringify(data)} is not ${hint ?? `of the form ${String(params['pattern'])}`}` }];
    case 'enum': return [{ path, message: `${JSON.stringify(data)} is none of ${(params['allowedValues'] as readonly unknown[]).join(', ')}` }];
    case 'const': return [{ path, message: `must be ${JSON.stringify(params['allowedValue'])}` }];
    default: return [{ path, message: message ?? keyword }];
  }
};
