const folded = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Property names that say that a value is about the person. Compared without case and separators: `first_name` is `firstName`. */
const PERSONAL_NAMES: ReadonlySet<string> = new Set(
  `email mail emailAddress recipient phone phoneNumber mobile mobileNumber mobilePhone telephone tel fax whatsapp
  firstName lastName middleName fullName familyName givenName surname maidenName userName nickname customerName contactName displayName salutation
  birthday birthDate dateOfBirth dob age gender sex avatar photo picture nationality
  address street streetAddress address1 address2 addressLine1 addressLine2 houseNumber shippingAddress billingAddress deliveryAddress homeAddress zip zipCode postalCode postCode
  ip ipAddress userAgent latitude longitude lat lng lon geo geolocation coordinates
  ssn socialSecurityNumber passport passportNumber nationalId taxId vatId driverLicense licensePlate iban accountNumber bankAccount cardNumber creditCard cvv cvc
  password secret token accessToken refreshToken authorization cookie sessionToken deviceToken pushToken idfa idfv gaid advertisingId adId imei macAddress
  search message messageText comment comments note notes feedback review reviewBody reviewText giftMessage engraving answer freeText signature`
    .split(/\s+/)
    .map(folded),
);

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

/** Names repeat, so what was found is kept; publishers choose the names, so only so many are. */
const remembered = (names: ReadonlySet<string>) => {
  const known = new Map<string, boolean>();
  return (name: string): boolean => {
    const answer = known.get(name);
    if (answer !== undefined) return answer;
    const fresh = names.has(folded(name));
    if (known.size < 5_000 && name.length <= 64) known.set(name, fresh);
    return fresh;
  };
};

export const isPersonalName = remembered(PERSONAL_NAMES);
export const isPlainTrait = remembered(PLAIN_TRAITS);

const ADDRESS_IN_TEXT = /[^\s@]@[^\s@]+\.[^\s@]|%40/;
/** An e-mail address somewhere in a value, whatever its name; `%40` is how it stands in a URL. */
export const holdsAddress = (text: string): boolean => (text.includes('@') || text.includes('%40')) && ADDRESS_IN_TEXT.test(text);
