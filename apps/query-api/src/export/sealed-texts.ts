import { jsonOr, pointer } from '@touchpoint/contracts';
import { sealedOf } from '@touchpoint/profile';
import type { PersonalValues } from '../personal-values.ts';

/** A sealed value in base64, as it stands in JSON columns and in the orchestrator's states: version 1, a key id whose first bytes are zero. */
const SEALED = /^AQAAAA[A-Za-z0-9+/]{43,}={0,2}$/;

/** What is text under its seal; all else is JSON, but for an address that is a trait, which reads as itself. */
const TEXT: ReadonlySet<string> = new Set(['address', 'label']);

/** A copy of a JSON value in which what is sealed is null until `personal` is opened, and clear then. */
export const openedIn = (value: unknown, path: readonly (string | number)[], personal: PersonalValues): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string | number, unknown> = Array.isArray(value) ? ([] as never) : {};
  for (const [name, inner] of Object.entries(value)) {
    const at = [...path, name];
    if (typeof inner !== 'string' || !SEALED.test(inner)) copy[name] = openedIn(inner, at, personal);
    else {
      copy[name] = null;
      personal.add(sealedOf(inner), pointer(...at), (clear) => { copy[name] = TEXT.has(name) ? clear : jsonOr(clear); });
    }
  }
  return copy;
};
