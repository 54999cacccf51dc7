import type { Canonical } from './canonical.ts';
import type { ClearData, SourceId } from './clear.ts';
import { emailOf, phoneOf } from './contact-points.ts';
import type { Issues } from './issues.ts';
import { isPlainTrait } from './personal.ts';
import { holdsPersonal } from './personal-text.ts';

type Traits = Omit<ClearData<'TraitsSet'>, 'context'>;
export const NO_TRAITS: Traits = { email: null, emailKey: null, phone: null, phoneKey: null, personal: [], traits: null, removed: [] };

/** A trait whose name is known to be harmless, and whose value is one or a list of plain values, stays clear. */
const staysPlain = (name: string, value: unknown): boolean =>
  isPlainTrait(name) && (typeof value !== 'object' || (Array.isArray(value) && value.every((item) => typeof item !== 'object')));

/**
 * Traits of identify. Null takes a trait back. An address or number that nothing could be sent to is kept, sealed, among the others, and is no contact
 * point; a wrong type is an issue. Whatever is not known to be harmless is sealed.
 */
export const takeTraits = (traits: object, canon: Canonical, issues: Issues): Readonly<{ data: Traits; sources: readonly SourceId[]; canonical: string }> => {
  const sources: SourceId[] = [];
  const removed: string[] = [];
  const plain: string[] = [];
  const personal: { name: string; value: string }[] = [];
  const members: string[] = [];
  const point = { email: null as string | null, phone: null as string | null };
  const keys = { email: null as SourceId | null, phone: null as SourceId | null };
  for (const name of canon.keys(traits)) {
    const value = (traits as Readonly<Record<string, unknown>>)[name];
    issues.enter(name);
    if (holdsPersonal(name)) issues.addPersonal();
    const key = canon.key(name);
    canon.personal = false;
    canon.isId = false;
    const json = canon.value(value);
    const member = key + json;
    members.push(member);
    if (value === null) removed.push(name);
    else if (name === 'email' || name === 'phone') {
      if (typeof value === 'string' || (name === 'phone' && typeof value === 'number')) {
        const known = name === 'email' ? emailOf(String(value)) : phoneOf(String(value));
        if (known === undefined) personal.push({ name, value: json });
        else {
          point[name] = name === 'email' ? String(value).trim() : known;
          sources.push((keys[name] = { kind: name, value: known }));
        }
      } else issues.add('INTAKE.WRONG_TYPE', name === 'email' ? 'Expected an e-mail address.' : 'Expected a phone number as text.');
    } else if (!canon.personal && staysPlain(name, value)) plain.push(member);
    else personal.push({ name, value: json });
    issues.leave();
  }
  return {
    data: { email: point.email, emailKey: keys.email, phone: point.phone, phoneKey: keys.phone, personal, traits: jsonObject(plain), removed },
    sources,
    canonical: `{${members.join(',')}}`,
  };
};

const jsonObject = (members: readonly string[]): string | null => (members.length > 0 ? `{${members.join(',')}}` : null);
