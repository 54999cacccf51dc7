import type { Clock } from '@touchpoint/host';
import { anchorOf, packRecords, unpackRecords, TYPE, type Appender, type LogRecord, type MessageReader, type PartitionSession } from '@touchpoint/log';
import { advanceCheckpoint, deletePending, park, parkingOf, readPending, transaction, type Checkpoint, type Parkable, type Parking, type Pool } from '@touchpoint/store';
import { invalidMessage } from '@touchpoint/kernel';
import type { Command, Dispatched, Dispatcher } from './dispatcher.ts';
import { claimNew, claimRetries, insertOutcomes, lostClaims, reclaim, settle, type Claim, type Settlement } from './message-store.ts';
import { outcomeRecord, type OutcomeTarget } from './outcomes.ts';

export type DeliveryPorts = Readonly<{
  pool: Pool;
  appender: Appender;
  reader: MessageReader;
  dispatcher: Dispatcher;
  target: OutcomeTarget;
  parkable: Parkable;
  clock: Clock;
  claimMs: number;
  /** Whether a command whose outcome was lost in a crash is handed over again; otherwise it is `unknown`. */
  sendsAgain: (command: Command) => boolean;
  onSettled: (dispatched: Dispatched) => void;
}>;

const MOST = 500;

/**
 * Carries out the commands of one partition (design §6): claimed and checkpointed in one transaction, handed over behind it, settled in another one
 * together with the outcome to publish. What a crash left between the two is found by its deadline.
 */
export class DeliverySession implements PartitionSession {
  readonly #ports: DeliveryPorts;
  #checkpoint: Checkpoint;

  constructor(ports: DeliveryPorts, checkpoint: Checkpoint) {
    this.#ports = ports;
    this.#checkpoint = checkpoint;
  }

  get next(): number {
    return this.#checkpoint.next;
  }

  /**
   * Publishes outcomes that an earlier owner settled and may not have sent. At every tick too: settling is not fenced, since a call that was made has an outcome,
   * whoever owns the partition by then. So an owner may settle after we have opened, and die before it has sent.
   */
  async sendPending(): Promise<void> {
    for (const { id, payload } of await readPending(this.#ports.pool, this.#checkpoint)) await this.#publish(id, payload);
  }

  async process(records: readonly LogRecord[]): Promise<void> {
    const { pool, claimMs } = this.#ports;
    const { commands, parkings } = await this.#read(records);
    const last = records.at(-1)!;
    const until = performance.now() + claimMs;
    const claims = await transaction(pool, async (client) => {
      const checkpoint = await advanceCheckpoint(client, this.#checkpoint, { next: last.offset + 1, anchor: anchorOf(last) });
      await park(client, this.#checkpoint, parkings, this.#ports.parkable);
      const claimed = await claimNew(client, this.#checkpoint, [...commands].map(([commandId, { command, value }]) => ({ commandId, customerId: command.customerId, command: value })), claimMs);
      return { checkpoint, claimed };
    });
    this.#checkpoint = claims.checkpoint;
    await this.#dispatch(claims.claimed, until);
  }

  /** What is due for another attempt, and what a crash left without an outcome. */
  async tick(): Promise<void> {
    const { pool, claimMs } = this.#ports;
    await this.sendPending();
    let until = performance.now() + claimMs;
    await this.#dispatch(await claimRetries(pool, this.#checkpoint, claimMs, MOST), until);
    const lost = await lostClaims(pool, this.#checkpoint, MOST);
    if (lost.length === 0) return;
    until = performance.now() + claimMs;
    const again: Claim[] = [];
    for (const claim of lost) {
      const command = this.#commandOf(claim.command);
      if (this.#ports.sendsAgain(command)) {
        const taken = await reclaim(pool, claim, claimMs);
        if (taken) again.push(taken);
      } else await this.#settle([{ claim, command, settlement: { state: 'unknown', provider: 'none', reason: 'the process that sent it died before it knew' } satisfies Settlement, seconds: null }]);
    }
    await this.#dispatch(again, until);
  }

  async #dispatch(claims: readonly Claim[], until: number): Promise<void> {
    if (claims.length === 0) return;
    await this.#settle(await this.#ports.dispatcher.dispatch(claims.map((claim) => ({ claim, command: this.#commandOf(claim.command) })), until));
  }

  async #settle(dispatched: readonly Dispatched[]): Promise<void> {
    if (dispatched.length === 0) return;
    const { pool, target, clock, onSettled } = this.#ports;
    const at = clock.now();
    const pending = await transaction(pool, async (client) => {
      const taken = await settle(client, dispatched);
      const outcomes = dispatched.flatMap((one) => (taken.has(one.claim.commandId) ? (outcomeRecord(one, at, target) ?? []) : []));
      if (outcomes.length === 0) return undefined;
      const payload = packRecords(outcomes);
      return { id: await insertOutcomes(client, this.#checkpoint, payload), payload };
    });
    dispatched.forEach(onSettled);
    if (pending) await this.#publish(pending.id, pending.payload);
  }

  async #publish(id: number, payload: Buffer): Promise<void> {
    await this.#ports.appender.append(unpackRecords(payload));
    await deletePending(this.#ports.pool, this.#checkpoint, [id]);
  }

  async #read(records: readonly LogRecord[]): Promise<{ commands: ReadonlyMap<string, { command: Command; value: Buffer }>; parkings: readonly Parking[] }> {
    const commands = new Map<string, { command: Command; value: Buffer }>();
    const parkings: Parking[] = [];
    await this.#ports.reader.prepare(records.map(({ value }) => value));
    for (const record of records)
      try {
        const type = record.headers[TYPE]?.toString('latin1');
        if (type !== 'SendMessage') throw invalidMessage('DELIVERY.NOT_A_COMMAND', 'the record is no SendMessage');
        const command = this.#commandOf(record.value);
        commands.set(command.commandId, { command, value: record.value });
      } catch (error) {
        parkings.push({ ...parkingOf(record, error), alone: true });
      }
    return { commands, parkings };
  }

  #commandOf(value: Buffer): Command {
    return this.#ports.reader.read('SendMessage', value).data as Command;
  }
}
