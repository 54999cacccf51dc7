import { fingerprintOf, isSigned, type SignedDocument } from '@touchpoint/vault';
import { CliError } from '../system/cli-error.ts';

/** @throws CliError `RECEIPT.INVALID` for a file that is no receipt, was changed, or was signed by another key than `publicKey`. */
export const verifyReceipt = (text: string, publicKey?: string): SignedDocument => {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new CliError('RECEIPT.INVALID', 'This is no receipt: it is no JSON');
  }
  if (!isSigned(given)) throw new CliError('RECEIPT.INVALID', 'The signature does not fit: the receipt was changed, or is none');
  if (publicKey !== undefined && publicKey !== given.signature.publicKey) throw new CliError('RECEIPT.INVALID', `It was signed, but by another key: ${fingerprintOf(given.signature.publicKey)}`);
  return given;
};
