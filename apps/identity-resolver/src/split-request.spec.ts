import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Candidate } from './candidate.ts';
import { apart } from './split-request.ts';

const candidates = (text: string) => [...text].map((one, i) => ({ record: { offset: i }, asks: one === 's' }) as unknown as Candidate);
const shown = (text: string) => apart(candidates(text)).map((piece) => piece.map(({ asks }) => (asks ? 's' : 'e')).join(''));

describe('a batch with requests for splits', () => {
  it.each([['', []], ['eee', ['eee']], ['s', ['s']], ['ese', ['e', 's', 'e']], ['ssee', ['s', 's', 'ee']], ['eess', ['ee', 's', 's']]])('%s is taken apart as %j', (text, pieces) => expect(shown(text)).toEqual(pieces));
  it('keeps every record, in order', () => fc.assert(fc.property(fc.array(fc.constantFrom('s', 'e')), (all) => expect(apart(candidates(all.join(''))).flat().map(({ record }) => record.offset)).toEqual(all.map((_, i) => i)))));
});
