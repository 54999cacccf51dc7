/** What may divide the digits of a number as people write it, or as it stands in a URL. */
const GAP = '(?:[ .()/\\-\\u00a0\\u202f]|%20)';
const CARD_GAP = '(?:[ .+\\-\\u00a0]|%20)';

/** `%40` and `%2540` are how an @ stands in a URL; `logo@2x.png` is a picture. */
const EMAIL = /[^\s@](?:@|%(?:25)?40)(?![1-4]x(?:~\w{1,10})?\.(?:png|jpe?g|gif|webp|avif|svg|heic)\b)[^\s@/?#%]{1,255}?\.\p{L}{2}/iu;
/** In international form, 8 to 15 digits: `+41 79 123 45 67`, `%2B41…`. Without the + numbers of orders and goods look alike. */
const PHONE = new RegExp(`(?<!\\d)(?:\\+|%2B)\\(?[1-9](?:${GAP}{0,3}\\d){7,14}(?!\\d)`, 'i');
/** `0041 79 123 45 67`: only in groups, for bar codes begin with zeros too. */
const ZEROS = new RegExp(`(?<![0-9A-Za-z.,-])00 ?[1-9]\\d{0,2}[ (/](?:${GAP}{0,3}\\d){6,12}(?!\\d)`);
/** 15 or 16 digits in a row, or 13 to 19 in the groups that cards are printed in; never in the middle of a longer number or word. */
const CARD = new RegExp(`(?<![0-9A-Za-z]|\\d\\.)(?:\\d{15,16}|\\d{4}${CARD_GAP}(?:\\d{4}${CARD_GAP}\\d{4}${CARD_GAP}\\d{1,4}(?:${CARD_GAP}\\d{1,3})?|\\d{6}${CARD_GAP}\\d{4,5}))(?![0-9A-Za-z]|\\.\\d)`, 'g');
/** How the numbers of Visa, Mastercard, Amex, Diners, JCB, Maestro, Discover and UnionPay begin. */
const ISSUED = /^(?:4|5[0-8]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3(?:0[0-5]|[4-9])|6)/;

const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let i = digits.length - 1, twice = false; i >= 0; i--, twice = !twice) {
    const digit = (digits.charCodeAt(i) - 48) * (twice ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
};
const isCard = (digits: string): boolean => digits.length >= 13 && ISSUED.test(digits) && passesLuhn(digits);

const holdsCard = (text: string): boolean => {
  CARD.lastIndex = 0;
  for (let match = CARD.exec(text); match; match = CARD.exec(text)) {
    const digits = match[0].replaceAll('%20', '').replaceAll(/\D/g, '');
    // What stands behind a card may be its month or code.
    if (isCard(digits) || (digits.length > 16 && isCard(digits.slice(0, 16)))) return true;
    // It may begin at the next group.
    CARD.lastIndex = match.index + 4;
  }
  return false;
};

/** Numbers that are found without a mark of their own (@, +, %) have more digits. */
export const FEW_DIGITS = 8;

/**
 * Whether an e-mail address, a phone number in international form or a card number stands anywhere in a text.
 * @param isId the text names a thing by its number: card numbers are not looked for, since numbers of orders and goods look like them
 */
export const holdsPersonal = (text: string, isId = false): boolean => {
  if (text.length < 6) return false;
  let digits = 0;
  let marked = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char < 58) {
      if (char > 47) digits++;
      else if (char === 37 || char === 43) marked = true;
    } else if (char === 64) {
      marked = true;
    }
  }
  if (marked && (EMAIL.test(text) || (digits > 7 && PHONE.test(text)))) return true;
  if (digits > FEW_DIGITS && text.includes('00') && ZEROS.test(text)) return true;
  return digits > 12 && !isId && holdsCard(text);
};

const SHORTEST_CARD = 1e14;
/** Whether a JSON number is one of a card. */
export const isCardNumber = (value: number): boolean => value >= SHORTEST_CARD && Number.isSafeInteger(value) && isCard(String(value));
