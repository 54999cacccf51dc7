import { openLab, type Lab } from './lab.ts';
import type { Options } from './options.ts';
import { missingApps } from './repository.ts';
import { notMeasured, type Figure, type Note, type Report } from './report.ts';
import { backlogPart, backlogWithOrchestratorPart } from './pipeline/backlog.part.ts';
import { ingestPart } from './pipeline/ingest.part.ts';
import { ordersPart } from './pipeline/orders.part.ts';
import { rebuildPart } from './rebuild/rebuild.part.ts';
import { recommendationPart } from './recommendation/recommendation.part.ts';
import type { Part, PartContext } from './part.ts';

/**
 * `pipeline`: the way of an event from end to end: what ingest takes, what it costs to bring it to the read models, how long an order waits for its message.
 * `rebuild`: what it costs to fold all read models anew from the log of `pipeline`.
 * `recommendation`: what customers of a real shop would have been shown, and what of it they bought.
 */
export const BENCHMARKS: Readonly<Record<string, readonly Part[]>> = {
  pipeline: [ingestPart, backlogPart, backlogWithOrchestratorPart, ordersPart],
  rebuild: [rebuildPart],
  recommendation: [recommendationPart],
};

const why = (error: unknown): string => (error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error));

/** Runs the parts of a benchmark, one after another; those that need a stack, on one of their own. */
export const runBenchmark = async (options: Options, run: Omit<PartContext, 'lab' | 'options'>): Promise<Report & Readonly<{ failed: boolean }>> => {
  const parts = BENCHMARKS[options.name] ?? [];
  const chosen = parts.filter(({ name }) => options.parts?.includes(name) ?? true);
  if (chosen.length === 0) throw new Error(`${options.name} has the parts ${parts.map(({ name }) => name).join(', ')}`);
  let opened: Promise<Lab> | undefined;
  const lab = () => (opened ??= openLab({ keep: options.keep, statements: options.profile, say: run.say, signal: run.signal }));
  const values = new Map<string, Figure>();
  const reasons = new Map<string, string>();
  const notes: Note[] = [];
  let failed = false;
  try {
    for (const part of chosen) {
      const missing = missingApps(part.apps);
      const reason = missing.length > 0 ? `there is no ${missing.join(', ')} yet` : await runPart(part, { ...run, lab, options }, values, notes);
      if (reason === undefined) continue;
      failed ||= missing.length === 0;
      for (const { name } of part.figures) reasons.set(name, reason);
    }
  } finally {
    await (await opened)?.close();
  }
  const declared = new Map(parts.flatMap(({ figures }) => figures).map((figure) => [figure.name, figure]));
  const figures = [...declared.values()].map(({ name, unit, target }) => values.get(name) ?? notMeasured(name, reasons.get(name) ?? 'not asked for', unit, target));
  return { figures, notes, failed };
};

/** @returns why it could not be measured; undefined when it was. Of a figure that several parts have, the worst counts: they are all upper bounds. */
const runPart = async (part: Part, context: PartContext, values: Map<string, Figure>, notes: Note[]): Promise<string | undefined> => {
  try {
    const report = await part.run(context);
    notes.push(...report.notes);
    for (const figure of report.figures) {
      const before = values.get(figure.name);
      if (!before || (before.value ?? 0) < (figure.value ?? 0)) values.set(figure.name, figure);
    }
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    context.say(`${part.name} could not be measured: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return why(error);
  }
};
