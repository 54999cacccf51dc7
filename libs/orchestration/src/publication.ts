import { hash } from 'node:crypto';
import type { Issue } from '@touchpoint/conditions';
import type { JourneysPublished, JsonText } from '@touchpoint/contracts';
import { journeyChecker, type JourneyDocument, type Known } from '@touchpoint/journeys';
import { checkTemplate, templateFromFiles, type TemplateDocument } from '@touchpoint/messaging';
import { inOrder, segmentChecker, sinceWhen, type PublishedSegment, type SegmentDocument } from '@touchpoint/segments';
import { MEASURE_KINDS } from './measures.ts';
import { ENGINE_VERSION, keptOf, keptSince } from './published.ts';
import { utf8Bytes } from './utf8.ts';

/** What is wrong with a file that is to be published: where in it, and what to do. */
export type FileIssue = Readonly<{ file: string; path: string; message: string }>;
/** The files of a set, by path: `journeys/<id>.json`, `segments/<id>.json`, and `templates/<id>/<part>.liquid` with its `template.json`. */
export type PublicationFiles = Readonly<Record<string, string>>;
/** What one control record publishes: in the order of ids, so that equal files give equal text. Of segments, whoever publishes says since which set each counts. */
export type Publication = Readonly<{ journeys: JsonText; templates: JsonText; segments: JsonText }>;

/** What a publication is on its control record: since which set its segments count, and what they need is kept. @param before what the record before has of it */
export const publicationAs = (setNumber: number, { journeys, templates, segments }: Publication, before: Readonly<{ segments: JsonText; measures: JsonText | null }> | undefined): Publication & Readonly<{ setNumber: number; engineVersion: string; measures: JsonText }> => {
  const documents = JSON.parse(segments) as readonly SegmentDocument[];
  const since = keptSince(JSON.parse(journeys) as readonly JourneyDocument[], documents, keptOf(before?.measures ?? null), setNumber);
  return {
    setNumber, engineVersion: ENGINE_VERSION, journeys, templates,
    segments: JSON.stringify(sinceWhen(documents, JSON.parse(before?.segments ?? '[]') as readonly PublishedSegment[], setNumber)),
    measures: JSON.stringify(since),
  };
};

/** Digest of what is published, whatever its number: publishing the same again is nothing. */
export const publicationDigest = ({ engineVersion, journeys, templates, segments }: Pick<JourneysPublished['data'], 'engineVersion' | 'journeys' | 'templates' | 'segments'>): string => {
  const documents = (JSON.parse(segments) as readonly Partial<PublishedSegment>[]).map(({ since: _, ...document }) => document);
  return hash('sha256', JSON.stringify([engineVersion, journeys, templates, documents]), 'hex');
};

/** Most bytes of a set: it has to fit into one record. */
export const MAX_PUBLICATION = 600_000;
/** Most that a set may ask to be kept of each customer's events: a state stays small, however long the history. */
export const MAX_KEPT = 100;
const FILES = /^((?:journeys|segments)\/[^/]+\.json|templates\/[^/]+\/[^/]+)$/;

/** The check of all files of a set together, by the JSON Schemas of `schemas/`. Only a set without any issue can be published. */
export const publicationChecker = (): ((files: PublicationFiles) => Readonly<{ publication: Publication }> | Readonly<{ issues: readonly FileIssue[] }>) => {
  const [checkJourney, checkSegment] = [journeyChecker(), segmentChecker()];
  return (files) => {
    const issues: FileIssue[] = [];
    const templates = readTemplates(files, issues);
    const known: Known = { measures: MEASURE_KINDS, templates, segments: new Set(Object.keys(files).flatMap((file) => /^segments\/([^/]+)\.json$/.exec(file)?.[1] ?? [])) };
    const documents = <D extends Readonly<{ id: string }>>(folder: string, kind: string, check: (document: unknown) => readonly Issue[]): readonly D[] =>
      Object.keys(files).filter((file) => file.startsWith(`${folder}/`)).sort().flatMap((file) => {
        const document = readJson(files[file]!);
        if (document === undefined) issues.push({ file, path: '', message: 'is no JSON: look for a missing comma, quote or bracket' });
        if (document === undefined) return [];
        const found = check(document);
        issues.push(...found.map((issue) => ({ file, ...issue })));
        const { id } = document as D;
        if (!found.length && file !== `${folder}/${id}.json`) issues.push({ file, path: '/id', message: `the file of ${kind} "${id}" is named ${folder}/${id}.json` });
        return [document as D];
      });
    const journeys = documents<JourneyDocument>('journeys', 'the journey', (document) => checkJourney(document, known));
    const segments = documents<SegmentDocument>('segments', 'the segment', (document) => checkSegment(document, known));
    for (const file of Object.keys(files)) if (!FILES.test(file)) issues.push({ file, path: '', message: 'is neither journeys/<id>.json nor segments/<id>.json nor templates/<id>/<part>' });
    if (issues.length === 0) issues.push(...together(journeys, segments));
    const publication = { journeys: JSON.stringify(journeys), templates: JSON.stringify([...templates.values()]), segments: JSON.stringify(segments) };
    const size = Object.values(publication).reduce((sum, text) => sum + utf8Bytes(text), 0);
    if (size > MAX_PUBLICATION) issues.push({ file: 'journeys', path: '', message: `journeys, segments and templates have ${size} bytes in all; ${MAX_PUBLICATION} fit into one set` });
    return issues.length ? { issues } : { publication };
  };
};

/** What shows only over all documents, each of which is right. */
const together = (journeys: readonly JourneyDocument[], segments: readonly SegmentDocument[]): readonly FileIssue[] => {
  const { circle } = inOrder(segments);
  const kept = Object.keys(keptSince(journeys, segments, {}, 0)).length;
  return [
    ...circle.map((id) => ({ file: `segments/${id}.json`, path: '/when', message: `looks, over others, at itself: ${circle.join(', ')} look at each other in a circle` })),
    ...(kept > MAX_KEPT ? [{ file: 'segments', path: '', message: `${kept} different things are kept of each customer; ${MAX_KEPT} may be: let conditions share events, filters and windows` }] : []),
  ];
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
