import { cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were measured on. `load` is the load average of the last minute, five and fifteen. */
export type Machine = Readonly<{ cpu: string; cores: number; memoryGb: number; os: string; node: string; load: readonly number[]; loadAfter?: readonly number[] }>;

const rounded = (values: readonly number[]): readonly number[] => values.map((value) => Math.round(value * 100) / 100);
export const load = (): readonly number[] => rounded(loadavg());

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  os: `${process.platform} ${release()}`,
  node: process.version,
  load: load(),
});

/** Two calls, one number: how many CPUs other processes kept busy between them, as far as the kernel's own books tell. */
export const busySince = (from: ReturnType<typeof cpus>, to: ReturnType<typeof cpus> = cpus()): number => {
  const busy = (all: ReturnType<typeof cpus>) => all.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const whole = (all: ReturnType<typeof cpus>) => all.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq + times.idle, 0);
  const passed = whole(to) - whole(from);
  return passed <= 0 ? 0 : ((busy(to) - busy(from)) / passed) * to.length;
};
