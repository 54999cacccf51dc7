import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { csvOf } from './csv.ts';
import { readPlan } from './replay-plan.ts';

let dir: string;
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'touchpoint-plan-')); });
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const plan = (text: string): string => {
  const path = join(dir, 'plan.csv');
  writeFileSync(path, text);
  return path;
};
const row = (partition: number) => ({ consumer: 'profile-projector', topic: 'customers.timeline', partition, from: 3, to: 9, records: 5, customers: 2, first_at: '2026-11-22T10:00:00.000Z', last_at: '2026-11-22T10:00:01.000Z', witness: '8:1763805600000-0123456789abcdef' });
const range = (partition: number) => ({ topic: 'customers.timeline', partition, from: 3, to: 9, witness: '8:1763805600000-0123456789abcdef' });
const written = async (...rows: readonly ReturnType<typeof row>[]): Promise<string> => {
  let text = '';
  async function* given() { yield* rows; }
  for await (const piece of csvOf(given())) text += piece;
  return text;
};

describe('the plan of a replay', () => {
  it('is read as it was written', async () => expect(await readPlan(plan(await written(row(0), row(7))))).toEqual([range(0), range(7)]));
  it('may have been edited: rows taken out, ranges narrowed, columns moved, saved by a spreadsheet', async () =>
    expect(await readPlan(plan('\uFEFFpartition,to,"from",topic,note,witness\n7 ,9, 3,customers.timeline,"why, says Ada",8:1763805600000-0123456789abcdef\n'))).toEqual([range(7)]));
  it.each([
    ['topic,partition,from,to\nt,0,1,2\n', 'has no column witness: keep the columns as replay --csv wrote them'],
    ['topic,partition,from,to,witness\n', 'holds no range'],
    ['topic,partition,from,to,witness\nt,0,1,=1+1,x\n', 'line 2: to must be a whole number'],
    ['topic,partition,from,to,witness\nt,0,-1,2,x\n', 'line 2: from must be a whole number'],
    ['topic,partition,from,to,witness\nt,0,1,2,"x\n', 'cannot be read at line 2'],
  ])('is refused where it is none: %j', async (text, message) => expect(readPlan(plan(text))).rejects.toMatchObject({ code: 'REPLAY.PLAN', message: expect.stringContaining(message) }));
  it('is refused where there is no such file', async () => expect(readPlan(join(dir, 'nothing.csv'))).rejects.toMatchObject({ message: expect.stringContaining('cannot be read: ENOENT') }));
});
