import { describe, expect, it } from '@jest/globals';
import { createHealth } from './health.ts';
import { manualClock } from './testing/manual-clock.ts';

const coded = (code: string) => Object.assign(new Error('with anna@shop.example'), { code });

describe('readiness', () => {
  it('is that the app has started and is not stopping', async () => {
    const health = createHealth(manualClock(5));
    const code = async () => (await health.ready.report()).checks[0];
    expect(await code()).toEqual({ name: 'app', state: 'down', since: 5, code: 'STARTING' });
    health.started();
    expect(await code()).toEqual({ name: 'app', state: 'up', since: 5 });
    health.stopping();
    expect(await code()).toMatchObject({ state: 'down', code: 'STOPPING' });
    health.started();
    expect((await health.ready.report()).ok).toBe(false);
  });
  it('is nothing that liveness asks for', async () => {
    const health = createHealth(manualClock());
    health.ready.add('kafka', () => { throw coded('GONE'); });
    expect(await health.live.report()).toEqual({ ok: true, checks: [] });
  });
});

describe('a check', () => {
  it('tells since when its state is what it is, and a code but no text', async () => {
    const clock = manualClock(1_000);
    const { live } = createHealth(clock);
    let broken: string | undefined;
    live.add('postgres', async () => { if (broken) throw coded(broken); }, { keepMs: 0 });
    const report = async () => (await live.report()).checks[0];
    expect(await report()).toEqual({ name: 'postgres', state: 'up', since: 1_000 });
    clock.advance(500);
    expect(await report()).toEqual({ name: 'postgres', state: 'up', since: 1_000 });
    broken = 'ECONNREFUSED';
    expect(await report()).toEqual({ name: 'postgres', state: 'down', since: 1_500, code: 'ECONNREFUSED' });
    clock.advance(500);
    broken = 'anna@shop.example';
    expect(await report()).toEqual({ name: 'postgres', state: 'down', since: 1_500, code: 'FAILED' });
  });
  it('is down when it takes too long', async () => {
    const { live } = createHealth(manualClock(0));
    live.add('stuck', () => new Promise(() => undefined), { limitMs: 10 });
    expect(await live.report()).toEqual({ ok: false, checks: [{ name: 'stuck', state: 'down', since: 0, code: 'TIMED_OUT' }] });
  });
  it('runs once for all who ask at once, and its answer is kept for a moment', async () => {
    const clock = manualClock();
    const { live } = createHealth(clock);
    let runs = 0;
    live.add('counted', async () => { runs += 1; }, { keepMs: 100 });
    await Promise.all([live.report(), live.report(), live.report()]);
    await live.report();
    expect(runs).toBe(1);
    clock.advance(100);
    await live.report();
    expect(runs).toBe(2);
  });
  it('that was down is run again soon: somebody waits for it', async () => {
    const clock = manualClock();
    const { ready } = createHealth(clock);
    let joined = false;
    ready.add('joined', () => { if (!joined) throw coded('NOT_JOINED'); });
    const state = async () => (await ready.report()).checks.find(({ name }) => name === 'joined')?.state;
    expect(await state()).toBe('down');
    joined = true;
    expect(await state()).toBe('down');
    clock.advance(50);
    expect(await state()).toBe('up');
  });
  it('has a name of its own, and can be taken away', async () => {
    const { live } = createHealth(manualClock());
    live.add('one', () => undefined);
    expect(() => live.add('one', () => undefined)).toThrow('already');
    live.remove('one');
    expect((await live.report()).checks).toEqual([]);
  });
});
