import type { Sealed } from '@touchpoint/kernel';
import type { Vault } from '@touchpoint/vault';

type Place = Readonly<{ sealed: Sealed; at: string; put: (clear: string) => void }>;

/** The sealed values of one object of an answer: collected while it is put together, opened together with those of the others. */
export class PersonalValues {
  readonly #places: Place[] = [];
  /** Where a value stays null because its key was deleted. Complete once they were opened. */
  readonly redacted: string[] = [];

  /** @param at where in the object it will stand, as a JSON pointer. `put` is called unless the value is redacted. */
  add(sealed: Sealed, at: string, put: (clear: string) => void): void {
    this.#places.push({ sealed, at, put });
  }

  /** Opens all in one go. @throws a Defect where a value does not open under a key that is there; Failure Transient. */
  static async open(vault: Pick<Vault, 'unseal'>, ...collected: readonly PersonalValues[]): Promise<void> {
    const all = collected.flatMap((values) => values.#places.splice(0).map((place) => ({ ...place, redacted: values.redacted })));
    if (all.length === 0) return;
    const clear = await vault.unseal(all.map(({ sealed }) => sealed));
    all.forEach(({ at, put, redacted }, i) => {
      const value = clear[i] ?? null;
      if (value === null) redacted.push(at);
      else put(value);
    });
  }
}
