import { describe, expect, it } from '@jest/globals';
import { accept, decide, evolve, reject, type Decider } from './decider.ts';
import type { Message } from './message.ts';
import { customerIdOf, derivedId, type SourceKey } from './ids.ts';

type Open = Message<'Open', { by: string }>;
type Opened = Message<'Opened', { by: string }>;
const door: Decider<Open, Opened, { open: boolean }, 'DOOR.OPEN'> = {
  initial: { open: false },
  decide: { Open: ({ data }, { open }) => (open ? reject('DOOR.OPEN') : accept({ type: 'Opened', data })) },
  evolve: { Opened: () => ({ open: true }) },
};

describe('a decider', () => {
  it('decides on what its facts folded to', () => {
    expect(decide(door, [], { type: 'Open', data: { by: 'a' } })).toEqual({ events: [{ type: 'Opened', data: { by: 'a' } }] });
    expect(decide(door, [{ type: 'Opened', data: { by: 'a' } }], { type: 'Open', data: { by: 'b' } })).toEqual({ rejected: 'DOOR.OPEN' });
  });
  it('throws at a fact it has no place for', () => expect(() => evolve(door.evolve, door.initial, [{ type: 'toString', data: { by: '' } } as never])).toThrow('toString'));
});

describe('a derived id', () => {
  it('is the same for the same parts only', () => {
    expect(derivedId('a', 'b')).toBe(derivedId('a', 'b'));
    expect(derivedId('a', 'b')).not.toBe(derivedId('a","b'));
  });
  it('never changes between releases', () => expect(customerIdOf('00112233445566778899aabbccddeeff' as SourceKey)).toBe('ca6f05bb-2f89-549a-8bcd-d53775e22ff9'));
});
