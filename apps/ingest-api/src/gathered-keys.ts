import type { SourceKey } from '@touchpoint/kernel';
import type { DataKey, Vault } from '@touchpoint/vault';

type Keys = ReadonlyMap<SourceKey, DataKey>;
type Group = { readonly wanted: Set<SourceKey>; readonly keys: Promise<Keys>; readonly resolve: (keys: Promise<Keys>) => void };

const newGroup = (): Group => {
  let resolve: Group['resolve'] = () => undefined;
  const keys = new Promise<Keys>((settle) => (resolve = settle));
  return { wanted: new Set(), keys, resolve };
};

/**
 * Asks the vault once at a time: requests that come meanwhile share the next question. A round trip costs as much as sealing a hundred values, and two
 * requests that meet a new customer at once would both make a key for it.
 */
export class GatheredKeys {
  readonly #vault: Pick<Vault, 'keysFor'>;
  #next: Group | undefined;
  #asking = false;
  constructor(vault: Pick<Vault, 'keysFor'>) {
    this.#vault = vault;
  }

  /** The keys of these sources, and perhaps of others. @throws what the vault throws: Transient where Postgres cannot be asked */
  keysFor(sourceKeys: Iterable<SourceKey>): Promise<Keys> {
    const group = (this.#next ??= newGroup());
    for (const key of sourceKeys) group.wanted.add(key);
    if (!this.#asking) void this.#ask();
    return group.keys;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    for (let group = this.#next; group; group = this.#next) {
      this.#next = undefined;
      const answer = this.#vault.keysFor(group.wanted);
      group.resolve(answer);
      await answer.catch(() => undefined);
    }
    this.#asking = false;
  }
}
