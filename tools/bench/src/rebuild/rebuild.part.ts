import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeBacklog } from '../backlog.ts';
import { Clock } from '../clock.ts';
import { CpuMeter, type CpuTimes } from '../cpu-meter.ts';
import type { Part, PartContext, Report } from '../part.ts';
import { untilRead } from '../positions.ts';
import { measured, type Note } from '../report.ts';
import type { BenchSystem } from '../system.port.ts';

const CPU_TARGET = { atMost: 40 };
const VS_LIVE_TARGET = { atLeast: 2.5 };
const [CPU, VS_LIVE] = ['rebuild_cpu_us_per_event', 'rebuild_vs_live'];
const [OPERATIONS, RESOLVER, PROJECTOR] = ['operations-api', 'identity-resolver', 'profile-projector'] as const;

type Run = Readonly<{ id: string; state: string; problem: { message: string } | null; outcome: { summary: string } | null; progress: { doing: string; done: number; total?: number } | null }>;

/** Asks operations-api for a rebuild of all read models, and waits for its end. @returns what it says of itself, and when each of its steps was first seen, in seconds. */
const rebuildAll = async (system: BenchSystem, onLook: () => void, signal: AbortSignal): Promise<Readonly<{ summary: string; steps: ReadonlyMap<string, number> }>> => {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(new URL(path, system.urlOf(OPERATIONS)), { method, headers: { authorization: `Bearer ${system.keys.operate}`, ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }), signal });
    if (!answer.ok) throw new Error(`operations-api answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const { operations } = await call<{ operations: { name: string; arguments: { properties: { models: { items: { enum: string[] } } } } }[] }>('GET', '/v1/operations');
  const models = operations.find(({ name }) => name === 'rebuild')!.arguments.properties.models.items.enum;
  const began = performance.now();
  const steps = new Map<string, number>();
  let run = await call<Run>('POST', '/v1/runs', { id: randomUUID(), operation: 'rebuild', arguments: { models }, apply: true, why: 'benchmark' });
  while (run.state === 'waiting' || run.state === 'running') {
    await sleep(250, undefined, { signal });
    run = await call<Run>('GET', `/v1/runs/${run.id}`);
    if (run.progress && !steps.has(run.progress.doing)) steps.set(run.progress.doing, (performance.now() - began) / 1_000);
    onLook();
  }
  if (run.state !== 'done') throw new Error(`the rebuild ended ${run.state}: ${run.problem?.message ?? ''}`);
  return { summary: run.outcome!.summary, steps };
};

/** The live projector reads the timeline from its beginning; then all it made is folded anew, compared and cut over. */
const run = async (context: PartContext): Promise<Report> => {
  const { options, say, signal } = context;
  const lab = await context.lab();
  return lab.on('rebuild', ['ingest-api', RESOLVER, PROJECTOR, OPERATIONS], async (system) => {
    await system.stopProcess(RESOLVER);
    await system.stopProcess(PROJECTOR);
    const { records } = await writeBacklog(system, options, () => undefined);
    say(`rebuild: ${records.toLocaleString('en')} records written`);
    await system.stopProcess('ingest-api');
    await system.startProcess(RESOLVER);
    const timeline = await untilRead(system, [RESOLVER], signal, () => undefined);
    await system.stopProcess(RESOLVER);
    say(`rebuild: ${timeline.toLocaleString('en')} records on the timeline; the projector begins`);

    const liveMeter = new CpuMeter(lab.stack, system);
    liveMeter.start();
    using liveClock = new Clock();
    await system.startProcess(PROJECTOR);
    // Its rate from the moment at which it has read something: a start is no part of it.
    const looks: { at: number; read: number }[] = [];
    await untilRead(system, [PROJECTOR], signal, (by) => {
      liveMeter.look();
      const read = by.get(PROJECTOR) ?? 0;
      if (read > 0) looks.push({ at: performance.now(), read });
    });
    const live = liveMeter.read();
    const liveClockRead = liveClock.read();
    const done = looks.findIndex(({ read }) => read === looks.at(-1)!.read);
    const liveRate = rateOf(looks[0]!, looks[done]!);
    await system.stopProcess(PROJECTOR);
    say(`rebuild: the projector read ${Math.round(liveRate).toLocaleString('en')} records a second; all is folded anew`);

    const meter = new CpuMeter(lab.stack, system);
    meter.start();
    using clock = new Clock();
    const began = performance.now();
    const { summary, steps } = await rebuildAll(system, () => meter.look(), signal);
    const seconds = (performance.now() - began) / 1_000;
    const times = meter.read();
    say(`rebuild: ${summary}`);
    const cpu = sum(times) / timeline;
    const per = (name: string, of: CpuTimes): readonly Note[] => [...of].filter(([, time]) => time > 0).map(([process, time]) => ({ name: `${name}: CPU of ${process}`, value: time / timeline, unit: 'µs/event' }));
    return {
      figures: [measured(CPU, cpu, 'µs/event', CPU_TARGET), measured(VS_LIVE, timeline / seconds / liveRate, '', VS_LIVE_TARGET)],
      notes: [
        { name: 'rebuild: timeline', value: timeline, unit: 'records' },
        { name: 'live projector: rate', value: liveRate, unit: 'events/s' },
        ...per('live projector', live),
        { name: 'live projector: clock', value: liveClockRead, unit: '' },
        { name: 'rebuild: rate, with comparison and cut-over', value: timeline / seconds, unit: 'events/s' },
        { name: 'rebuild: from asking to done', value: seconds, unit: 's' },
        ...[...steps].map(([step, at]): Note => ({ name: `rebuild: ${step}, from`, value: at, unit: 's' })),
        ...per('rebuild', times),
        ...per('rebuild: postgres', meter.readServers()),
        { name: 'rebuild: clock', value: clock.read(), unit: '' },
        { name: 'rebuild: what it says', value: summary, unit: '' },
      ],
    };
  });
};

const sum = (times: CpuTimes): number => [...times.values()].reduce((all, time) => all + time, 0);
const rateOf = (from: Readonly<{ at: number; read: number }>, to: Readonly<{ at: number; read: number }>): number => ((to.read - from.read) / (to.at - from.at)) * 1_000;

export const rebuildPart: Part = {
  name: 'rebuild',
  apps: ['ingest-api', RESOLVER, PROJECTOR, OPERATIONS],
  figures: [{ name: CPU, unit: 'µs/event', target: CPU_TARGET }, { name: VS_LIVE, unit: '', target: VS_LIVE_TARGET }],
  run,
};
