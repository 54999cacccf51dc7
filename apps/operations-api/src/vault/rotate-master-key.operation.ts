import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { CONFIG } from '@touchpoint/host';
import { POOL, transaction, type Pool } from '@touchpoint/store';
import { keysByMaster, masterKeysOf, rewrapKeys, type MasterKeyConfig, type MasterKeys } from '@touchpoint/vault';
import type { Operation, Outcome, Running } from '../operation.ts';

const Nothing = z.strictObject({});
/** Where it stands: behind this key of this pass; how many were wrapped anew so far, in all and in this pass. */
type Stand = Readonly<{ after: number; keys: number; inPass: number }>;
const BATCH = 500;
/** Passes in a row that still find something: somebody goes on wrapping by another key. */
const MOST_PASSES = 20;

/**
 * Wraps every data key anew by the current master key, batch by batch; the log and all that is sealed stay as they are. Every process has to know both master keys by
 * then (MASTER_KEY, MASTER_KEY_RING), so that none needs to be restarted at the same time as another. Pass after pass, until one finds nothing.
 */
@Injectable()
export class RotateMasterKey implements Operation<object> {
  readonly name = 'rotate-master-key';
  readonly says = 'wrap all data keys anew by the current master key, so that the former one opens nothing';
  readonly arguments = Nothing;
  readonly exclusive = 'master-key';
  readonly #pool: Pool;
  readonly #masters: MasterKeys;

  constructor(@Inject(POOL) pool: Pool, @Inject(CONFIG) config: MasterKeyConfig) {
    this.#pool = pool;
    this.#masters = masterKeysOf(config);
  }

  async run(_: object, { apply, resumed, signal, keep, tell }: Running): Promise<Outcome> {
    const { current } = this.#masters;
    const others = async () => [...(await keysByMaster(this.#pool))].filter(([id]) => id !== current.id);
    const total = (await others()).reduce((sum, [, keys]) => sum + keys, 0);
    if (!apply) return { summary: `${total} data keys would be wrapped anew by master key ${current.id}`, figures: { master: current.id, keys: total, masters: (await others()).length } };

    let stand = (resumed as Stand | undefined) ?? { after: 0, keys: 0, inPass: 0 };
    for (let passes = 1; passes <= MOST_PASSES; ) {
      signal.throwIfAborted();
      const before = stand;
      const { after, next } = await transaction(this.#pool, async (client) => {
        const step = await rewrapKeys(client, this.#masters, { after: before.after, limit: BATCH });
        const to: Stand = { after: step.after ?? 0, keys: before.keys + step.keys, inPass: step.after === null ? 0 : before.inPass + step.keys };
        await keep(to, [], client);
        return { after: step.after, next: to };
      });
      stand = next;
      tell({ doing: 'wrapping data keys anew', unit: 'keys', done: stand.keys, total: Math.max(total, stand.keys) });
      if (after !== null) continue;
      if (before.inPass === 0 && (await others()).length === 0) return { summary: `${stand.keys} data keys were wrapped anew: master key ${current.id} wraps all of them`, figures: { master: current.id, keys: stand.keys, left: 0 } };
      passes += 1;
    }
    const left = (await others()).reduce((sum, [, keys]) => sum + keys, 0);
    return { summary: `${stand.keys} data keys were wrapped anew, and others are made by another master key all the time: restart what still has it as its MASTER_KEY, then do this again`, figures: { master: current.id, keys: stand.keys, left } };
  }
}
