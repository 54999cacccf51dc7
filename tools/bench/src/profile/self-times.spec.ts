import { describe, expect, it } from '@jest/globals';
import { selfTimes, type CpuProfile } from './self-times.ts';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber, columnNumber: 0 });
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 5] },
    { id: 2, callFrame: frame('fold', 'file:///x/apps/a/dist/main.mjs', 41), children: [4] },
    { id: 3, callFrame: frame('(idle)') },
    { id: 4, callFrame: frame('', 'file:///x/node_modules/pg/lib/query.js', 9) },
    { id: 5, callFrame: frame('fold', 'file:///x/apps/a/dist/main.mjs', 41) },
  ],
  samples: [2, 4, 3, 5, 4],
  timeDeltas: [100, 30, 5_000, 50, 40],
  startTime: 0,
  endTime: 5_220,
};

describe('the self times of a profile', () => {
  it('are summed by function, the most first, without idle time', () => {
    expect(selfTimes(PROFILE, () => undefined)).toEqual([
      { name: 'fold', at: 'apps/a/dist/main.mjs:42', us: 150 },
      { name: '(anonymous)', at: 'pg/lib/query.js:10', us: 70 },
    ]);
  });

  it('name the source where it is known', () => {
    expect(selfTimes(PROFILE, (url, line) => (url.includes('/apps/') ? `../../../libs/store/src/fold.ts:${line}` : undefined))[0]).toMatchObject({ at: 'libs/store/src/fold.ts:41' });
  });
});
