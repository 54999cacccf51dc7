import { PARTS, type Json, type TemplateChannel, type TemplateDocument, type TemplateVariable } from './template.ts';
import type { TemplateIssue } from './template-check.ts';

/** Where each part of a template stands in its folder. */
const FILE_OF: Readonly<Record<string, string>> = { html: 'html.liquid', text: 'text.liquid', subject: 'subject.liquid', title: 'title.liquid', body: 'body.liquid', link: 'link.liquid' };
const HEADER = 'template.json';
const ID = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * Puts a template together from the files of its folder (name → text): `template.json` (id, channel, name, variables) and a `.liquid` file a part.
 * @returns the document, or what is wrong with it.
 */
export const templateFromFiles = (files: Readonly<Record<string, string>>): Readonly<{ template: TemplateDocument }> | Readonly<{ issues: readonly TemplateIssue[] }> => {
  const header = parsed(files[HEADER]);
  if (!isObject(header)) return { issues: [{ path: `/${HEADER}`, message: files[HEADER] === undefined ? 'is missing: a template needs id, channel, name and variables' : 'is no JSON object' }] };
  const { id, channel, name, variables, ...rest } = header;
  const issues: TemplateIssue[] = Object.keys(rest).filter((key) => key !== '$schema').map((key) => ({ path: `/${HEADER}#/${key}`, message: 'is not known; a template has id, channel, name and variables' }));
  if (typeof id !== 'string' || !ID.test(id)) issues.push({ path: `/${HEADER}#/id`, message: 'must be lower-case words joined by hyphens, such as order-confirmation' });
  if (typeof channel !== 'string' || !Object.hasOwn(PARTS, channel)) issues.push({ path: `/${HEADER}#/channel`, message: `must be one of ${Object.keys(PARTS).join(', ')}` });
  if (typeof name !== 'string' || !name) issues.push({ path: `/${HEADER}#/name`, message: 'must be a text' });
  if (!isObject(variables)) issues.push({ path: `/${HEADER}#/variables`, message: 'must be an object: name → { doc, example, optional }' });
  else issues.push(...Object.entries(variables).flatMap(([key, value]) => (isVariable(value) ? [] : [{ path: `/${HEADER}#/variables/${key}`, message: 'must be { "doc": text, "example": any value, "optional": true or left out }' }])));
  const parts: Record<string, string> = {};
  for (const [file, text] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (file === HEADER) continue;
    const part = Object.keys(FILE_OF).find((one) => FILE_OF[one] === file);
    if (part) parts[part] = text;
    else issues.push({ path: `/${file}`, message: `is not known; a template's folder holds ${[HEADER, ...Object.values(FILE_OF)].join(', ')}` });
  }
  if (issues.length) return { issues };
  return { template: { id: id as string, channel: channel as TemplateChannel, name: name as string, variables: variables as Record<string, TemplateVariable>, parts } };
};

const parsed = (text: string | undefined): Json | undefined => {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
};
const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value);
const isVariable = (value: Json): boolean =>
  isObject(value) && typeof value.doc === 'string' && 'example' in value && (value.optional === undefined || typeof value.optional === 'boolean') && Object.keys(value).every((key) => ['doc', 'example', 'optional'].includes(key));
