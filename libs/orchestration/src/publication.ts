import type { JsonText } from '@touchpoint/contracts';
import { journeyChecker, type JourneyDocument, type Known } from '@touchpoint/journeys';
import { checkTemplate, templateFromFiles, type TemplateDocument } from '@touchpoint/messaging';
import { MEASURE_KINDS } from './measures.ts';
import { utf8Bytes } from './utf8.ts';

/** What is wrong with a file that is to be published: where in it, and what to do. */
export type FileIssue = Readonly<{ file: string; path: string; message: string }>;
/** The files of a set, by path: `journeys/<id>.json` and `templates/<id>/<part>.liquid` with its `template.json`. */
export type PublicationFiles = Readonly<Record<string, string>>;
/** What one control record publishes: in the order of ids, so that equal files give equal text. */
export type Publication = Readonly<{ journeys: JsonText; templates: JsonText }>;

/** Most bytes of a set: it has to fit into one record. */
export const MAX_PUBLICATION = 600_000;

/** The check of all files of a set together, by `schemas/journey.schema.json` (given as parsed JSON). Only a set without any issue can be published. */
export const publicationChecker = (journeySchema: object): ((files: PublicationFiles) => Readonly<{ publication: Publication }> | Readonly<{ issues: readonly FileIssue[] }>) => {
  const checkJourney = journeyChecker(journeySchema);
  return (files) => {
    const issues: FileIssue[] = [];
    const templates = readTemplates(files, issues);
    const known: Known = { measures: MEASURE_KINDS, templates };
    const journeys = Object.keys(files).filter((file) => file.startsWith('journeys/')).sort().flatMap((file) => {
      const document = readJson(files[file]!);
      if (document === undefined) issues.push({ file, path: '', message: 'is no JSON: look for a missing comma, quote or bracket' });
      if (document === undefined) return [];
      const found = checkJourney(document, known);
      issues.push(...found.map((issue) => ({ file, ...issue })));
      const { id } = document as JourneyDocument;
      if (!found.length && file !== `journeys/${id}.json`) issues.push({ file, path: '/id', message: `the file of "${id}" is named journeys/${id}.json` });
      return [document as JourneyDocument];
    });
    for (const file of Object.keys(files)) if (!/^(journeys\/[^/]+\.json|templates\/[^/]+\/[^/]+)$/.test(file)) issues.push({ file, path: '', message: 'is neither journeys/<id>.json nor templates/<id>/<part>' });
    const publication = { journeys: JSON.stringify(journeys), templates: JSON.stringify([...templates.values()]) };
    const size = utf8Bytes(publication.journeys) + utf8Bytes(publication.templates);
    if (size > MAX_PUBLICATION) issues.push({ file: 'journeys', path: '', message: `journeys and templates have ${size} bytes in all; ${MAX_PUBLICATION} fit into one set` });
    return issues.length ? { issues } : { publication };
  };
};

const readTemplates = (files: PublicationFiles, issues: FileIssue[]): ReadonlyMap<string, TemplateDocument> => {
  const folders = new Map<string, Record<string, string>>();
  for (const [file, text] of Object.entries(files)) {
    const [, folder, name] = /^templates\/([^/]+)\/([^/]+)$/.exec(file) ?? [];
    if (folder && name) folders.set(folder, { ...folders.get(folder), [name]: text });
  }
  const templates = new Map<string, TemplateDocument>();
  for (const folder of [...folders.keys()].sort()) {
    const file = `templates/${folder}`;
    const read = templateFromFiles(folders.get(folder)!);
    if ('issues' in read) {
      issues.push(...read.issues.map((issue) => ({ file, ...issue })));
      continue;
    }
    const { template } = read;
    issues.push(...checkTemplate(template).map((issue) => ({ file, ...issue })));
    if (template.id !== folder) issues.push({ file, path: '/template.json#/id', message: `the folder of "${template.id}" is named templates/${template.id}` });
    templates.set(template.id, template);
  }
  return templates;
};

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
