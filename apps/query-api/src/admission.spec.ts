import { describe, expect, it } from '@jest/globals';
import { Admission } from './admission.ts';

const open = () => {
  let release!: (error?: Error) => void;
  const done = new Promise<void>((resolve, reject) => { release = (error) => (error ? reject(error) : resolve()); });
  return { done, release };
};
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('Overload is refused, not absorbed: when it is full', () => {
  it('lets some wait their turn, in order, and refuses the others', async () => {
    const admission = new Admission(1);
    const first = open();
    const order: number[] = [];
    const running = admission.run(() => first.done);
    const waiting = [1, 2, 3, 4].map((n) => admission.run(async () => { order.push(n); }));
    await expect(admission.run(async () => undefined)).rejects.toMatchObject({ status: 429, retryAfterSeconds: 1 });
    await soon();
    expect([order, admission.running, admission.waiting]).toEqual([[], 1, 4]);
    first.release();
    await Promise.all([running, ...waiting]);
    expect([order, admission.running, admission.waiting]).toEqual([[1, 2, 3, 4], 0, 0]);
  });
  it('gives the place of one that failed to the next', async () => {
    const admission = new Admission(1);
    const first = open();
    const running = admission.run(() => first.done);
    const next = admission.run(async () => 'served');
    first.release(new Error('broken'));
    await expect(running).rejects.toThrow('broken');
    await expect(next).resolves.toBe('served');
    expect(admission.running).toBe(0);
  });
});
