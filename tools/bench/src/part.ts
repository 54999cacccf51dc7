import type { Lab } from './lab.ts';
import type { Options } from './options.ts';
import type { Figure, Note, Report, Target } from './report.ts';

/** What a part of a benchmark is given. `say` shows one line to whoever waits. */
export type PartContext = Readonly<{ /** The benchmark's stack, brought up when it is first asked for. */ lab: () => Promise<Lab>; options: Options; say: (text: string) => void; signal: AbortSignal; resultFile: (name: string) => string }>;

/** Some figures that are measured together. A figure it has no value for was not measured; the caller says so. */
export type Part = Readonly<{
  name: string;
  apps: readonly string[];
  figures: readonly Readonly<{ name: string; unit: string; target: Target | null }>[];
  run: (context: PartContext) => Promise<Report>;
}>;

export type { Figure, Note, Report };
