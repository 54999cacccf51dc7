import { describe, expect, it } from '@jest/globals';
import { silentLog } from './logger.ts';
import { createStop } from './stop.ts';

describe('stopping', () => {
  it('takes its steps in order, once however often it is asked', async () => {
    const taken: string[] = [];
    const stop = createStop(silentLog, 10_000, ['one', 'two', 'three'].map((name) => ({ name, run: async () => { await Promise.resolve(); taken.push(name); } })));
    await Promise.all([stop(), stop()]);
    await stop();
    expect(taken).toEqual(['one', 'two', 'three']);
  });
  it('goes on after a step that failed, and tells of it in the end', async () => {
    const taken: string[] = [];
    const stop = createStop(silentLog, 10_000, [{ name: 'bad', run: () => { throw new Error('first'); } }, { name: 'good', run: () => void taken.push('good') }]);
    await expect(stop()).rejects.toThrow('first');
    expect(taken).toEqual(['good']);
  });
  it('ends at its limit, and names the step', async () => {
    const stop = createStop(silentLog, 10, [{ name: 'drain transports', run: () => new Promise(() => undefined) }]);
    await expect(stop()).rejects.toMatchObject({ code: 'HOST.STOP_LIMIT', message: expect.stringContaining('drain transports') });
  });
});
