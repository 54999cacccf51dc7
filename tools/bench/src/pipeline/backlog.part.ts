import { writeBacklog } from '../backlog.ts';
import { Clock } from '../clock.ts';
import { CpuMeter, type CpuTimes } from '../cpu-meter.ts';
import { busySince } from '../machine.ts';
import { cpus } from 'node:os';
import { untilRead } from '../positions.ts';
import { startProfile } from '../profile/profile.ts';
import { measured, type Note } from '../report.ts';
import type { Part, PartContext, Report } from '../part.ts';

const CPU_TARGET = { atMost: 120 };
const RSS_TARGET = { atMost: 250 };

type Variant = Readonly<{ name: string; cpu: string; workers: readonly string[] }>;

/** CPU time per event from a backlog that lies on touchpoints.received, with no worker running, to the moment at which the last read model is complete. */
const measureBacklog = (variant: Variant) => async (context: PartContext): Promise<Report> => {
  const { options, say, signal } = context;
  const lab = await context.lab();
  const { name, cpu, workers } = variant;
  return lab.on(name, ['ingest-api', ...workers], async (system) => {
    // They were ready once, so their groups and statements are known to work; the topics were empty.
    for (const worker of workers) await system.stopProcess(worker);
    let shown = 0;
    const backlog = await writeBacklog(system, options, (records) => {
      if (records - shown < options.events / 10) return;
      shown = records;
      say(`${name}: ${records.toLocaleString('en')} records written`);
    });
    await system.stopProcess('ingest-api');
    const meter = new CpuMeter(lab.stack, system);
    const profile = options.profile ? await startProfile(context, system, name) : undefined;
    const busyFrom = cpus();
    const began = performance.now();
    using clock = new Clock();
    meter.start();
    for (const worker of workers) await system.startProcess(worker);
    if (profile) {
      await system.untilReady();
      await profile.attach();
    }
    let marked = 0;
    const timeline = await untilRead(system, workers, signal, (by, { received }) => {
      meter.look();
      const read = by.get(workers[0]!) ?? 0;
      if (read - marked < received / 10) return;
      marked = read;
      say(`${name}: ${[...by].filter(([worker]) => workers.includes(worker)).map(([worker, next]) => `${worker} ${next.toLocaleString('en')}`).join(', ')}`);
    });
    const seconds = (performance.now() - began) / 1_000;
    const times = meter.read();
    const notes = notesOf({ name, times, servers: meter.readServers(), records: backlog.records, timeline, seconds, busy: busySince(busyFrom), clock: clock.read() });
    await profile?.print(backlog.records, times);
    const total = [...times.values()].reduce((sum, time) => sum + time, 0);
    const peaks = [...meter.peakMb].map(([process, value]): Note => ({ name: `${name}: peak memory of ${process}`, value, unit: 'MB' }));
    return {
      figures: [measured(cpu, total / backlog.records, 'µs/event', CPU_TARGET), measured('max_rss_mb', Math.max(...meter.peakMb.values()), 'MB', RSS_TARGET)],
      notes: [{ name: `${name}: backlog written`, value: backlog.records / backlog.seconds, unit: 'records/s' }, ...notes, ...peaks],
    };
  });
};

type Seen = Readonly<{ name: string; times: CpuTimes; servers: CpuTimes; records: number; timeline: number; seconds: number; busy: number; clock: number }>;
const notesOf = ({ name, times, servers, records, timeline, seconds, busy, clock }: Seen): readonly Note[] => [
  { name: `${name}: backlog`, value: records, unit: 'records' },
  { name: `${name}: timeline`, value: timeline, unit: 'records' },
  { name: `${name}: from the workers' start to complete read models`, value: seconds, unit: 's' },
  { name: `${name}: rate`, value: records / seconds, unit: 'events/s' },
  { name: `${name}: CPUs busy on this machine meanwhile, others' work too`, value: busy, unit: '' },
  { name: `${name}: clock, as a share of the time that fixed work takes on an idle machine of ours`, value: clock, unit: '' },
  ...[...times].map(([process, time]): Note => ({ name: `${name}: CPU of ${process}`, value: time / records, unit: 'µs/event' })),
  ...[...servers].filter(([, time]) => time > 0).map(([kind, time]): Note => ({ name: `${name}: CPU of postgres, ${kind}`, value: time / records, unit: 'µs/event' })),
];

const READERS = ['identity-resolver', 'profile-projector'];
const figuresOf = (cpu: string): Part['figures'] => [{ name: cpu, unit: 'µs/event', target: CPU_TARGET }, { name: 'max_rss_mb', unit: 'MB', target: RSS_TARGET }];

const part = (name: string, cpu: string, workers: readonly string[]): Part =>
  ({ name, apps: ['ingest-api', ...workers], figures: figuresOf(cpu), run: measureBacklog({ name, cpu, workers }) });

export const backlogPart = part('backlog', 'cpu_us_per_event', READERS);
export const backlogWithOrchestratorPart = part('backlog-orchestrator', 'cpu_us_per_event_with_orchestrator', [...READERS, 'channel-orchestrator']);
