import { describe, expect, it } from '@jest/globals';
import { masterKeyOf, unwrapKey, wrapKey } from './master-key.ts';

const master = masterKeyOf(Buffer.alloc(32, 1));
const owner = Buffer.alloc(16, 9);
const key = Buffer.alloc(32, 5);

describe('a wrapped key', () => {
  it('opens under its master key, for its owner', () => expect(unwrapKey(master, owner, wrapKey(master, owner, key))).toEqual(key));
  it('shows nothing of the key, and is another one each time', () => {
    const wrapped = wrapKey(master, owner, key);
    expect(wrapped.includes(key)).toBe(false);
    expect(wrapped.equals(wrapKey(master, owner, key))).toBe(false);
  });
  it.each([
    ['another master key', masterKeyOf(Buffer.alloc(32, 2)), owner],
    ['another owner', master, Buffer.alloc(16, 8)],
  ])('is a defect under %s', (_, otherMaster, otherOwner) => {
    expect(() => unwrapKey(otherMaster, otherOwner, wrapKey(master, owner, key))).toThrow(expect.objectContaining({ code: 'VAULT.WRAPPING' }));
  });
  it('is a defect in another form', () => {
    expect(() => unwrapKey(master, owner, Buffer.alloc(61))).toThrow('form that is not known');
    expect(() => unwrapKey(master, owner, wrapKey(master, owner, key).subarray(1))).toThrow('form that is not known');
  });
});

describe('a master key', () => {
  it('has an id that tells it from others and does not change', () => {
    expect(master.id).toMatch(/^[0-9a-f]{16}$/);
    expect(masterKeyOf(Buffer.alloc(32, 1)).id).toBe(master.id);
    expect(masterKeyOf(Buffer.alloc(32, 2)).id).not.toBe(master.id);
  });
  it('has 32 bytes', () => expect(() => masterKeyOf(Buffer.alloc(16))).toThrow('32 bytes'));
});
