import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A CPU profile as V8's inspector gives it. Times are microseconds. */
export type CpuProfile = Readonly<{
  nodes: readonly Readonly<{ id: number; callFrame: Readonly<{ functionName: string; url: string; lineNumber: number; columnNumber: number }>; children?: readonly number[] }>[];
  samples: readonly number[];
  timeDeltas: readonly number[];
  startTime: number;
  endTime: number;
}>;
/** Time in a function itself, without what it calls; `idle` time is left out. */
export type SelfTime = Readonly<{ name: string; at: string; us: number }>;

/** Where a place in a bundle comes from. */
export type Origin = (url: string, line: number, column: number) => string | undefined;

const maps = new Map<string, SourceMap | undefined>();
const mapOf = (url: string): SourceMap | undefined => {
  if (!maps.has(url)) {
    try {
      maps.set(url, new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')) as SourceMapPayload));
    } catch {
      maps.set(url, undefined);
    }
  }
  return maps.get(url);
};
const inSource: Origin = (url, line, column) => {
  const entry: Partial<SourceMapping> | undefined = url.startsWith('file:') ? mapOf(url)?.findEntry(line, column) : undefined;
  return entry?.originalSource !== undefined && entry.originalLine !== undefined ? `${entry.originalSource}:${entry.originalLine + 1}` : undefined;
};

/** The last folders of a path are what tells files apart. */
const short = (path: string): string => path.replace(/^.*\/node_modules\//, '').replace(/^(?:\.\.\/)+/, '').replace(/^file:\/\/.*?\/(apps|libs)\//, '$1/');

/** Sums a profile by function, the most time first. */
export const selfTimes = (profile: CpuProfile, origin: Origin = inSource): readonly SelfTime[] => {
  const us = new Map<number, number>();
  profile.samples.forEach((node, i) => us.set(node, (us.get(node) ?? 0) + (profile.timeDeltas[i] ?? 0)));
  const functions = new Map<string, { name: string; at: string; us: number }>();
  for (const { id, callFrame: { functionName, url, lineNumber, columnNumber } } of profile.nodes) {
    const time = us.get(id) ?? 0;
    if (time === 0 || functionName === '(idle)' || functionName === '(root)') continue;
    const at = url === '' ? '' : short(origin(url, lineNumber, columnNumber) ?? `${url}:${lineNumber + 1}`);
    const name = functionName === '' ? '(anonymous)' : functionName;
    const key = `${name} ${at}`;
    const entry = functions.get(key) ?? { name, at, us: 0 };
    entry.us += time;
    functions.set(key, entry);
  }
  return [...functions.values()].sort((a, b) => b.us - a.us);
};
