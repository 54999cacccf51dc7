import { describe, expect, it } from '@jest/globals';
import { prettyLine, timeOf } from './log-line.ts';
import { plain } from './terminal.ts';

const line = JSON.stringify({ level: 'warn', time: '2026-03-01T10:20:30.456Z', app: 'ingest-api', pid: 7, correlationId: 'c-1', records: 12, code: null, msg: 'the send failed and is tried again' });

describe('a log line', () => {
  it('shows time, level, process, message and fields', () => {
    expect(prettyLine(line, plain)).toMatch(/^\d\d:\d\d:30\.456 warn {2}ingest-api {11}the send failed and is tried again {2}correlationId=c-1 records=12$/);
    expect(prettyLine(line, plain, 'ingest-api-2')).toContain(' ingest-api-2 ');
  });

  it('shows an error and what caused it below', () => {
    const error = { name: 'Error', code: 'X', message: 'no', frames: ['at a', 'at b', 'at c', 'at d'], cause: { name: 'Other', message: 'why', frames: [] } };
    expect(prettyLine(JSON.stringify({ level: 'error', time: '2026-03-01T10:20:30.456Z', app: 'a', msg: 'failed', error }), plain).split('\n').slice(1)).toEqual([
      '    Error X: no', '      at a', '      at b', '      at c', '      Other: why',
    ]);
  });

  it('that is no JSON of ours is shown as it is', () => {
    for (const other of ['npm warn', '{ half', '{"a":1}']) expect(prettyLine(other, plain)).toBe(other);
  });

  it('tells its time, where it has one', () => {
    expect(timeOf(line)).toBe(Date.UTC(2026, 2, 1, 10, 20, 30, 456));
    expect(timeOf('    at frame')).toBeUndefined();
  });
});
