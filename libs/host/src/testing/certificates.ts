import { generateKeyPairSync, sign } from 'node:crypto';
import forge from 'node-forge';

/** PEM texts. */
export type Issued = Readonly<{ certificate: string; key: string }>;
/** A CA of a test's own. `issue`: a certificate for a server on this machine (localhost, 127.0.0.1, ::1), or for another name. */
export type TestCa = Readonly<{ certificate: string; issue: (name?: string) => Issued }>;

const HOUR_MS = 3_600_000;
let serial = 1;

const keyPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  return { key: privateKey, publicKey: forge.pki.publicKeyFromPem(publicKey) };
};

/** forge writes the certificate, Node signs it: forge's own arithmetic takes two seconds in a spec. */
const signWith = (key: string) => {
  let signed = '';
  const digest = { algorithm: 'sha256', update: (bytes: string) => { signed = bytes; } };
  const signer = { sign: () => sign('sha256', Buffer.from(signed, 'binary'), key).toString('binary') };
  return [signer, digest] as unknown as [forge.pki.rsa.PrivateKey, forge.md.MessageDigest];
};

const certificateOf = (publicKey: forge.pki.PublicKey, subject: string, issuer: string, extensions: object[], signer: string): string => {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = (serial += 1).toString(16).padStart(4, '0');
  certificate.validity.notBefore = new Date(Date.now() - HOUR_MS);
  certificate.validity.notAfter = new Date(Date.now() + 24 * HOUR_MS);
  certificate.setSubject([{ name: 'commonName', value: subject }]);
  certificate.setIssuer([{ name: 'commonName', value: issuer }]);
  certificate.setExtensions(extensions);
  certificate.sign(...signWith(signer));
  return forge.pki.certificateToPem(certificate);
};

/** Good for a day, from an hour ago; never to be trusted outside of a test. */
export const testCa = (name = 'Touchpoint test CA'): TestCa => {
  const ca = keyPair();
  const certificate = certificateOf(ca.publicKey, name, name, [{ name: 'basicConstraints', cA: true, critical: true }, { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true }], ca.key);
  return {
    certificate,
    issue: (host) => {
      const { key, publicKey } = keyPair();
      const names = host === undefined ? [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }, { type: 7, ip: '::1' }] : [{ type: 2, value: host }];
      const extensions = [{ name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true }, { name: 'extKeyUsage', serverAuth: true }, { name: 'subjectAltName', altNames: names }];
      return { key, certificate: certificateOf(publicKey, host ?? 'localhost', name, extensions, ca.key) };
    },
  };
};
