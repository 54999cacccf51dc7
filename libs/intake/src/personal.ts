import { KEY_NAME } from './bounds.ts';

const folded = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Property names that say that a value is about the person. Compared without case and separators: `first_name` is `firstName`. */
const PERSONAL_NAMES: ReadonlySet<string> = new Set(
  `email mail emailAddress recipient phone phoneNumber mobile mobileNumber mobilePhone telephone tel fax whatsapp
  firstName lastName middleName fullName familyName givenName surname maidenName userName nickname customerName contactName displayName salutation
  birthday birthDate dateOfBirth dob age gender sex avatar photo picture nationality
  address street streetAddress address1 address2 addressLine1 addressLine2 houseNumber shippingAddress billingAddress deliveryAddress homeAddress zip zipCode postalCode postCode
  ip ipAddress userAgent latitude longitude lat lng lon geo geolocation coordinates
  shipTo billTo soldTo deliverTo
  first last contact customer user person buyer purchaser shopper payer payee addressee consignee cardholder patient
  userId customerId customerNumber customerNo anonymousId contactId personId patientId
  ssn socialSecurityNumber passport passportNumber nationalId taxId vatId driverLicense licensePlate iban accountNumber bankAccount cardNumber creditCard ccNumber cvv cvc
  password secret token accessToken refreshToken authorization cookie sessionToken deviceToken pushToken idfa idfv gaid advertisingId adId imei macAddress
  search message messageText comment comments note notes feedback review reviewBody reviewText giftMessage engraving answer freeText signature
  instructions deliveryInstructions shippingInstructions specialInstructions`
    .split(/\s+/)
    .map(folded),
);

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Names that end with one of these words are personal, whatever stands before it: `billing_phone`, `parentEmail`, `homeAddressLine2`. */
const TELLING = words('email phone mobile telephone tel fax whatsapp address street zip zipcode postcode surname firstname lastname fullname username nickname birthday birthdate dob ip iban ssn passport password secret token signature');
/** What may stand behind such a word. */
const QUALIFIERS = words('line number no nr');
/** `<one of these>_name` is a person's; `product_name` is none. An object called so, or `…Info`, is about a person, with all that is in it. */
const PERSONS = words(
  `customer customers user users contact contacts person persons people buyer purchaser shopper payer payee addressee consignee cardholder patient patients recipient recipients receiver sender
  shipping billing delivery payment card account profile owner holder guest guests passenger passengers traveller travellers traveler travelers attendee attendees participant participants member members
  subscriber visitor employee employees student students driver drivers spouse father mother emergency beneficiary applicant`,
);
const ABOUT = words('info information details detail data');
/** Names that end so say which thing or where it is, and hold numbers that may look like those of cards. */
const IDS = words('id ids uuid guid sku skus ean gtin upc isbn asin mpn barcode url uri href link path src referrer image');
/** The same, but only behind another word: `order_number`, `couponCode`. */
const NUMBERS = words('number no nr num code ref reference key hash timestamp ts');

/** `customerName1` is customer, name. */
const wordsOf = (name: string): readonly string[] => (name.replaceAll(HUMP, '$1 $2').toLowerCase().match(WORD) ?? []).filter((word) => !DIGITS.test(word));
const HUMP = /([\p{Ll}\p{N}])(\p{Lu})/gu;
const WORD = /\p{L}+|\p{N}+/gu;
const DIGITS = /^\p{N}/u;

/** What the name of a value says of it: `person`: an object under it is about a person, anything else is not personal for that. `id`: see IDS. */
export type NameKind = 'personal' | 'person' | 'id' | 'other';

const judge = (name: string): NameKind => {
  // It is refused for its length.
  if (name.length > KEY_NAME) return 'other';
  const whole = folded(name);
  if (PERSONAL_NAMES.has(whole)) return 'personal';
  const parts = wordsOf(name);
  let end = parts.length;
  while (end > 1 && QUALIFIERS.has(parts[end - 1]!)) end--;
  const last = parts[end - 1] ?? '';
  if (TELLING.has(last)) return 'personal';
  for (let count = 2; count <= 3 && count <= parts.length; count++) if (PERSONAL_NAMES.has(parts.slice(-count).join(''))) return 'personal';
  if ((last === 'name' || last === 'names') && parts.some((word) => PERSONS.has(word))) return 'personal';
  while (end > 1 && ABOUT.has(parts[end - 1]!)) end--;
  if (PERSONS.has(parts[end - 1] ?? '')) return 'person';
  const final = parts.at(-1) ?? '';
  return IDS.has(final) || final.endsWith('id') || (parts.length > 1 && NUMBERS.has(final)) ? 'id' : 'other';
};

/** Traits that stay in clear, so that analysts and journeys can use them; every other trait is sealed. A list in it stays clear if it holds no objects. */
const PLAIN_TRAITS: ReadonlySet<string> = new Set(
  `plan tier level status segment segments cohort loyaltyTier loyaltyLevel loyaltyPoints points vip active subscribed newsletter optIn marketingOptIn
  language locale timezone timeZone currency country countryCode region
  createdAt updatedAt signedUpAt firstSeenAt lastLoginAt registeredAt memberSince trialEndsAt
  source medium campaign channel acquisitionChannel referralSource signupMethod
  store storeId preferredStore preferredStoreId homeStore preferredChannel preferredCategory favoriteCategory preferredBrand interests tags
  industry employees companySize website_visits logins orders orderCount totalOrders lifetimeValue ltv averageOrderValue balance creditLimit isEmployee employee test internal`
    .split(/\s+/)
    .map(folded),
);

/** Names repeat, so what was found is kept; publishers choose the names, so only so many are, and those in use come back. */
const remembered = <T extends boolean | NameKind>(answer: (name: string) => T) => {
  const known = new Map<string, T>();
  return (name: string): T => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const fresh = answer(name);
    if (known.size >= 5_000) known.clear();
    if (name.length <= 64) known.set(name, fresh);
    return fresh;
  };
};

export const nameKind = remembered(judge);
export const isPlainTrait = remembered((name) => PLAIN_TRAITS.has(folded(name)));

/** Whether a value is about a person, by its name. */
export const isPersonalBy = (kind: NameKind, value: unknown): boolean => kind === 'personal' || (kind === 'person' && isComposite(value));
/** An object, or a list that holds one. */
const isComposite = (value: unknown): boolean => typeof value === 'object' && value !== null && (!Array.isArray(value) || value.some((item) => typeof item === 'object' && item !== null));
