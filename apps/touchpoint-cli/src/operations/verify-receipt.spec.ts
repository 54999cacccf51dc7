import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { signDocument } from '@touchpoint/vault';
import { verifyReceipt } from './verify-receipt.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const receipt = signDocument(privateKey, { kind: 'touchpoint erasure', places: { 'keys of sources': 3 } });
const other = signDocument(generateKeyPairSync('ed25519').privateKey, {}).signature.publicKey;

describe('a receipt', () => {
  it('is verified from its file, against the key that is expected', () => {
    expect(verifyReceipt(JSON.stringify(receipt, null, 2))).toEqual(receipt);
    expect(verifyReceipt(JSON.stringify(receipt), receipt.signature.publicKey)).toEqual(receipt);
  });
  it.each<[string, string, string | undefined]>([
    ['is no JSON', 'receipt', undefined], ['was changed', JSON.stringify(receipt).replace(':3', ':4'), undefined], ['is no receipt', '{}', undefined], ['was signed by another key', JSON.stringify(receipt), other],
  ])('is refused when it %s', (_, text, key) => expect(() => verifyReceipt(text, key)).toThrow(expect.objectContaining({ code: 'RECEIPT.INVALID' })));
});
