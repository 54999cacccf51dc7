import { describe, expect, it } from '@jest/globals';
import { chosenLogs, inOrder } from './read-logs.ts';

const log = (name: string, isPart = false) => ({ name, path: `/l/${name}.log`, isPart });
const all = [log('identity-resolver'), log('identity-resolver-2'), log('ingest-api'), log('system'), log('kafka', true)];
const names = (...asked: readonly string[]): readonly string[] => chosenLogs(all, asked).map(({ name }) => name);

describe('choosing logs', () => {
  it('takes those of all apps unless told', () => expect(names()).toEqual(['identity-resolver', 'identity-resolver-2', 'ingest-api', 'system']));
  it('takes all processes of an app, or one', () => {
    expect(names('identity-resolver')).toEqual(['identity-resolver', 'identity-resolver-2']);
    expect(names('identity-resolver-2', 'kafka')).toEqual(['identity-resolver-2', 'kafka']);
  });
  it('names those that there are', () => expect(() => names('identity')).toThrow(/name one of identity-resolver, /));
});

describe('lines of several logs', () => {
  it('stand in order of time, those of one time as they came', () => {
    const line = (text: string, at: number) => ({ log: all[0]!, text, at });
    expect(inOrder([line('b', 2), line('c', 2), line('a', 1)]).map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  });
});
