import { parsePart, variablesOf } from './liquid.ts';
import { renderTemplate } from './render.ts';
import { LINK, PARTS, type Json, type TemplateDocument } from './template.ts';

/** What is wrong with a template, for its author: where (`/parts/html`, `/variables/total`) and what to do about it. */
export type TemplateIssue = Readonly<{ path: string; message: string }>;

const NAME = /^[a-z][A-Za-z0-9_]*$/;
/** A target that a variable decides alone could be a script. */
const OPEN_TARGET = /\b(?:href|src|action)\s*=\s*["']?\s*\{\{(?!-?\s*link\s*-?\}\})/i;
const LINK_EXAMPLE = 'https://example.com/a?b=c';

/** Checks a template: its parts, that each parses, that what it uses is declared and what is declared is used, and that the examples render. */
export const checkTemplate = (template: TemplateDocument): readonly TemplateIssue[] => {
  const shape = [...checkParts(template), ...checkNames(template)];
  if (shape.length) return shape;
  const used = new Set<string>();
  const issues: TemplateIssue[] = [];
  for (const [part, text] of Object.entries(template.parts)) {
    if (OPEN_TARGET.test(text)) issues.push({ path: `/parts/${part}`, message: 'the target of a link begins with text, such as https://…, or is {{ link }}' });
    try {
      for (const name of variablesOf(part, parsePart(part, text))) {
        used.add(name);
        if (name !== LINK && !Object.hasOwn(template.variables, name)) issues.push({ path: `/parts/${part}`, message: `uses {{ ${name} }}, which template.json does not declare under variables` });
      }
    } catch (error) {
      issues.push({ path: `/parts/${part}`, message: error instanceof Error ? error.message.split('\n')[0]! : 'cannot be parsed' });
    }
  }
  if (issues.length) return issues;
  for (const name of Object.keys(template.variables)) if (!used.has(name)) issues.push({ path: `/variables/${name}`, message: 'is declared and used in no part: take it out, or use it' });
  return issues.length ? issues : checkExamples(template);
};

const checkParts = ({ channel, parts }: TemplateDocument): readonly TemplateIssue[] => {
  const known: readonly string[] = PARTS[channel];
  const missing = known.filter((part) => !part.endsWith('?') && !Object.hasOwn(parts, part)).map((part) => ({ path: `/parts/${part}`, message: `a template for ${channel} needs this part` }));
  const names = known.map((part) => part.replace('?', ''));
  const extra = Object.keys(parts).filter((part) => !names.includes(part)).map((part) => ({ path: `/parts/${part}`, message: `a template for ${channel} has the parts ${known.join(', ')}` }));
  return [...missing, ...extra];
};

const checkNames = ({ variables }: TemplateDocument): readonly TemplateIssue[] =>
  Object.entries(variables).flatMap(([name, { example, optional }]) => {
    const path = `/variables/${name}`;
    if (name === LINK) return [{ path, message: `${LINK} is always there: it is the link of the journey's step` }];
    if (!NAME.test(name)) return [{ path, message: 'a variable is named in camelCase, such as orderId' }];
    return example === null && !optional ? [{ path: `${path}/example`, message: 'an example is needed; only an optional variable may be null' }] : [];
  });

/** Rendered twice: with every example, and with every optional variable null. */
const checkExamples = (template: TemplateDocument): readonly TemplateIssue[] => {
  const examples = (bare: boolean): Record<string, Json> =>
    Object.fromEntries(Object.entries(template.variables).map(([name, { example, optional }]) => [name, bare && optional ? null : example]));
  for (const bare of [false, true]) {
    const result = renderTemplate(template, examples(bare), bare ? null : LINK_EXAMPLE);
    if ('rejected' in result) return [{ path: '/parts', message: `with the examples${bare ? ', optional ones and link being null,' : ''} it cannot be rendered: ${result.detail}` }];
  }
  return [];
};
