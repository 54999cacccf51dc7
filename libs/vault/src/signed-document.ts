import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** JSON with its signature beside it: whoever has the file and the public key can check it, without us. */
export type SignedDocument<D extends object = object> = Readonly<{
  document: D;
  /** Ed25519 over the UTF-8 of the document's canonical form (`canonicalJson`). The public key is the raw 32 bytes in base64. */
  signature: Readonly<{ algorithm: 'Ed25519'; publicKey: string; value: string }>;
}>;

/** JSON without white space, members in the order of their names' UTF-16 units (as RFC 8785; for texts, whole numbers, booleans, null, lists, objects). */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`).join(',')}}`;
};

/** What stands before the 32 bytes of a key in DER (RFC 8410). */
const PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b6570032100', 'hex');

export const privateKeyOf = (seed: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.concat([PRIVATE, seed]), format: 'der', type: 'pkcs8' });
export const publicBytesOf = (key: KeyObject): Buffer => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(PUBLIC.length);
/** A short name of a public key, for people to compare. */
export const fingerprintOf = (publicKey: string): string => createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 16);

export const signDocument = <D extends object>(key: KeyObject, document: D): SignedDocument<D> => ({
  document,
  signature: { algorithm: 'Ed25519', publicKey: publicBytesOf(key).toString('base64'), value: sign(null, Buffer.from(canonicalJson(document)), key).toString('base64') },
});

/** Whether a document is what was signed under the public key that it names. Whose key that is, is for the reader to know. */
export const isSigned = (given: unknown): given is SignedDocument => {
  try {
    const { document, signature: { algorithm, publicKey, value } } = given as SignedDocument;
    const bytes = Buffer.from(publicKey, 'base64');
    if (algorithm !== 'Ed25519' || bytes.length !== 32 || typeof document !== 'object') return false;
    return verify(null, Buffer.from(canonicalJson(document)), createPublicKey({ key: Buffer.concat([PUBLIC, bytes]), format: 'der', type: 'spki' }), Buffer.from(value, 'base64'));
  } catch {
    return false;
  }
};
