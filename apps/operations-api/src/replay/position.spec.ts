import { describe, expect, it } from '@jest/globals';
import { parsePosition } from './position.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const ago = (ms: number) => ({ at: NOW - ms });

describe('a position that an operator says', () => {
  it.each([
    ['begin', 'begin'], ['end', 'end'], ['1042', { offset: 1_042 }], ['0', { offset: 0 }], ['7@1042', { partition: 7, offset: 1_042 }], ['customers.timeline/7@1042', { partition: 7, offset: 1_042 }],
    ['2h', ago(7_200_000)], ['30m', ago(1_800_000)], ['45s', ago(45_000)], ['3d', ago(259_200_000)], ['1w', ago(604_800_000)], ['PT90M', ago(5_400_000)], ['P1D', ago(86_400_000)],
    ['2026-11-22T10:00:00Z', { at: Date.parse('2026-11-22T10:00:00Z') }], ['2026-11-22T10:00+01:00', { at: Date.parse('2026-11-22T09:00:00Z') }], ['2026-11-22', { at: Date.parse('2026-11-22T00:00:00Z') }],
  ])('%s is understood', (text, position) => expect(parsePosition(text, NOW)).toEqual(position));
  it.each(['', 'yesterday', '2 h', '-1', '1.5h', '7@', '@7', '7/1042', '2026-13-01', '2026-11-22T10:00:00', 'P1M', '12345678901234567', '=1+1'])('%s is none', (text) => expect(parsePosition(text, NOW)).toBeUndefined());
});
