/** How one part is started and stopped. Parts of a higher tier lean on those of a lower one, and are stopped first. */
export type Launch = Readonly<{
  name: string;
  tier: number;
  file: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  account?: Readonly<{ uid: number; gid: number }> | undefined;
  log: string;
  /** Found in the command line of this part and of nothing else. */
  marker: string;
  stopSignal: 'SIGINT' | 'SIGTERM';
  graceMs: number;
  /** A class archive that the JVM writes at its end; it takes its place only after a clean one. */
  archive?: Readonly<{ written: string; place: string }> | undefined;
}>;

export type ToKeeper = Readonly<{ do: 'start'; launch: Launch }> | Readonly<{ do: 'release' }>;

export type Exit = Readonly<{ name: string; pid: number; code: number | null; signal: NodeJS.Signals | null }>;

export type FromKeeper =
  | Readonly<{ told: 'started'; name: string; pid: number }>
  | Readonly<{ told: 'failed'; name: string; reason: string }>
  | Readonly<{ told: 'exited'; exit: Exit }>;

/** Where the keeper leaves how a part ended, for those who adopted it and are not its parent. */
export const exitFile = (log: string): string => `${log}.exit.json`;

/** Says in a list of processes whose keeper this is. */
export const keeperMarker = (dir: string): string => `--keeper-of=${dir}`;
