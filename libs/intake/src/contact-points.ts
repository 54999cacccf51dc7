import { parsePhoneNumberFromString } from 'libphonenumber-js';

const EMAIL = /^[^\s@"<>(),;:\\[\]]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u;

/** An e-mail address as one tells it from another: trimmed, lower case. Undefined: it is none that mail could go to. */
export const emailOf = (text: string): string | undefined => {
  if (text.length > 300) return undefined;
  const email = text.trim().toLowerCase();
  return email.length <= 254 && EMAIL.test(email) ? email : undefined;
};

/** A phone number in E.164. Undefined: it is none, or has no country code, which is not guessed: the message would go to a stranger. */
export const phoneOf = (text: string): string | undefined => {
  if (text.length > 40) return undefined;
  const international = text.trim().replace(/^00/, '+');
  if (!international.startsWith('+')) return undefined;
  const number = parsePhoneNumberFromString(international);
  return number?.isPossible() ? number.number : undefined;
};
