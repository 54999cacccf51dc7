import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { canonicalJson, fingerprintOf, isSigned, privateKeyOf, signDocument } from './signed-document.ts';

const key = privateKeyOf(Buffer.alloc(32, 7));
const document = { by: 'sre "Zoë"', counts: { keys: 3, rows: 0 }, customers: ['b', 'a'], before: false, left: null };
const signed = signDocument(key, document);

describe('a signed document', () => {
  it('is good, however its file is laid out', () => {
    expect(isSigned(signed)).toBe(true);
    expect(isSigned(JSON.parse(JSON.stringify(signed, null, 2)))).toBe(true);
    expect(isSigned({ signature: signed.signature, document: { left: null, before: false, customers: ['b', 'a'], counts: { rows: 0, keys: 3 }, by: 'sre "Zoë"' } })).toBe(true);
  });
  it('can be checked by whoever knows Ed25519 and sorted JSON', () => {
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(signed.signature.publicKey, 'base64')]);
    expect(canonicalJson(document)).toBe('{"before":false,"by":"sre \\"Zoë\\"","counts":{"keys":3,"rows":0},"customers":["b","a"],"left":null}');
    expect(verify(null, Buffer.from(canonicalJson(document)), { key: spki, format: 'der', type: 'spki' }, Buffer.from(signed.signature.value, 'base64'))).toBe(true);
  });
  it.each<[string, unknown]>([
    ['a figure changed', { ...signed, document: { ...document, counts: { keys: 4, rows: 0 } } }],
    ['a list in another order', { ...signed, document: { ...document, customers: ['a', 'b'] } }],
    ['something added', { ...signed, document: { ...document, more: 1 } }],
    ['another key', { ...signed, signature: { ...signed.signature, publicKey: signDocument(generateKeyPairSync('ed25519').privateKey, document).signature.publicKey } }],
    ['another algorithm', { ...signed, signature: { ...signed.signature, algorithm: 'none' } }],
    ['no signature', { document }], ['nothing', null], ['no document at all', { signature: signed.signature }],
  ])('is not good with %s', (_, given) => expect(isSigned(given)).toBe(false));
  it('names its key shortly', () => expect(fingerprintOf(signed.signature.publicKey)).toMatch(/^[0-9a-f]{16}$/));
});
