/** Codes of Node's TLS for a certificate that is not taken. */
const CODE = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_(HAS_EXPIRED|NOT_YET_VALID|REVOKED|UNTRUSTED|SIGNATURE_FAILURE)|ERR_TLS_CERT_ALTNAME_INVALID)$/;
/** What Node says of them: some clients keep only the text. */
const TEXT = /self[- ]signed certificate|unable to (verify the first|get (local )?issuer) certificate|certificate (has expired|is not yet valid|signature failure)|Hostname\/IP does not match certificate/i;
const MAX_CAUSES = 5;

type Loose = Error & { code?: unknown; originalError?: unknown };

/** Why the other side's certificate was not taken, as a short word; undefined where that is not what went wrong. */
export const untrusted = (error: unknown, depth = 0): string | undefined => {
  if (typeof error !== 'object' || error === null || depth === MAX_CAUSES) return undefined;
  const { code, message, cause, originalError } = error as Loose;
  if (typeof code === 'string' && CODE.test(code)) return code;
  return untrusted(cause, depth + 1) ?? untrusted(originalError, depth + 1) ?? TEXT.exec(String(message))?.[0];
};
