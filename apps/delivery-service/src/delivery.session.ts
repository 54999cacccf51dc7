import { decodeMeta } from '@touchpoint/contracts';
import { isCorrelationId, isTraceparent, type Clock } from '@touchpoint/host';
import { invalidMessage, type Instant } from '@touchpoint/kernel';
import { anchorOf, MAX_RECEIVED_BYTES, packRecords, recordBytes, unpackRecords, META, TRACEPARENT, TYPE, type Appender, type LogRecord, type MessageReader, type OutRecord, type PartitionSession } from '@touchpoint/log';
import { acknowledged, deleteAcknowledged, deleteParked, findingPoison, forgetDropped, park, parkingOf, readPending, readRetries, transaction, type Advance, type Checkpoint, type Parkable, type Parking, type Pool } from '@touchpoint/store';
import { codeOf, type Claimed, type Command, type Dispatched, type Dispatcher } from './dispatcher.ts';
import { claimDue, claimNew, settle, type Claim, type Settlement, type Thread } from './message-store.ts';
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
  /** The partitions of a topic that have something to do at a tick, as it was after `at`. */
  waiting: (topic: string, at: Instant) => Promise<ReadonlySet<number>>;
  /** Most commands that are claimed at a time. */
  claimsAtOnce: number;
  onSettled: (dispatched: Dispatched) => void;
  /** Commands that were taken together, from their records to their outcomes. */
  onTaken: (count: { records: number; seconds: number }) => void;
}>;

type Read = Readonly<{ command: Command; value: Buffer; thread: Thread }>;
type Unreadable = Readonly<{ claim: Claim; settlement: Settlement }>;

/** How long a tick goes on claiming: what is due behind that waits for the next one. */
const TICK_MS = 1_000;
/** When a stored command that could not be read is looked at again. */
const UNREADABLE_MS = 60_000;
/** Its outcome names what the command names, and has to go through ingest's topic onto the timeline: what is settled must be sent. */
const MOST_COMMAND_BYTES = MAX_RECEIVED_BYTES - 16 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Only in the form that they have at ingest: what else may stand there is no reason to hold a message back, and nothing for a table. */
const threadOf = ({ headers }: LogRecord): Thread => {
  const { correlationId } = decodeMeta(headers[META]!);
  const traceparent = headers[TRACEPARENT]?.toString('latin1');
  return { correlationId: isCorrelationId(correlationId) ? correlationId : null, traceparent: isTraceparent(traceparent) ? traceparent : null };
};

const unreadable = (claim: Claim, error: unknown): Unreadable => ({ claim, settlement: { state: 'waiting', reason: `unreadable: ${codeOf(error)}`, afterMs: UNREADABLE_MS } });

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
    await this.leave();
    for (const { id, payload } of await readPending(this.#ports.pool, this.#checkpoint)) await this.#publish([id], unpackRecords(payload));
    await this.leave();
  }

  async leave(): Promise<void> {
    this.#checkpoint = await deleteAcknowledged(this.#ports.pool, this.#checkpoint);
  }

  /** Takes no more than is handed over at once, and is asked again with the rest: a command that is claimed and waits its turn would be lost with us in a crash. */
  async process(records: readonly LogRecord[]): Promise<void> {
    await findingPoison(Math.min(records.length, this.#ports.claimsAtOnce), () => this.#checkpoint, (some, poison) => {
      const last = records[some - 1]!;
      return this.#take(records.slice(0, some), { next: last.offset + 1, anchor: anchorOf(last) }, { poison });
    });
  }

  /** Parked commands whose retry was asked for; what waits or is due for another attempt; and what a crash left without an outcome. */
  async tick({ at }: { at: Instant }): Promise<void> {
    const { pool, claimsAtOnce, waiting } = this.#ports;
    const { topic, partition } = this.#checkpoint;
    if (!(await waiting(topic, at)).has(partition)) return;
    await this.sendPending();
    const until = performance.now() + TICK_MS;
    const { records, dropped } = await readRetries(pool, this.#checkpoint);
    this.#checkpoint = await forgetDropped(pool, this.#checkpoint, dropped);
    for (let from = 0; from < records.length && (from === 0 || performance.now() < until); ) {
      await findingPoison(Math.min(records.length - from, claimsAtOnce), () => this.#checkpoint, async (count, poison) => {
        const some = records.slice(from, from + count);
        await this.#take(some.map(({ record }) => record), {}, { redriven: some.map(({ id }) => id), poison });
        from += count;
      });
    }
    let claimed: number;
    do claimed = await this.#again();
    while (claimed === claimsAtOnce && performance.now() < until);
  }

  async #take(records: readonly LogRecord[], advance: Advance, { redriven = [], poison }: { redriven?: readonly number[]; poison: unknown }): Promise<void> {
    const started = performance.now();
    const { pool, claimMs, parkable } = this.#ports;
    const { commands, parkings } = await this.#read(records, poison);
    const until = performance.now() + claimMs;
    const wanted = [...commands].map(([commandId, { command, value, thread }]) => ({ commandId, customerId: command.customerId, command: value, thread }));
    const from = this.#checkpoint;
    const { checkpoint, claims } = await (redriven.length === 0 && parkings.length === 0
      ? claimNew(pool, from, advance, wanted, claimMs)
      : transaction(pool, async (client) => {
          const claimed = await claimNew(client, from, advance, wanted, claimMs);
          if (redriven.length > 0) await deleteParked(client, redriven);
          await park(client, from, parkings, parkable);
          return claimed;
        }));
    this.#checkpoint = checkpoint;
    await this.#dispatch(claims.map((claim) => ({ claim, command: commands.get(claim.commandId)!.command })), until);
    this.#ports.onTaken({ records: records.length, seconds: (performance.now() - started) / 1_000 });
  }

  /** Claims once more what is due. A stored command that cannot be read waits, and stops no other. @returns how many were claimed. */
  async #again(): Promise<number> {
    const { pool, reader, claimMs, claimsAtOnce } = this.#ports;
    const until = performance.now() + claimMs;
    const claims = await claimDue(pool, this.#checkpoint, claimMs, claimsAtOnce);
    if (claims.length === 0) return 0;
    try {
      await reader.prepare(claims.map(({ command }) => command));
    } catch (error) {
      // Nothing was handed over: left to their deadlines, they would count as lost.
      await this.#settle(claims.map((claim) => unreadable(claim, error)));
      throw error;
    }
    const read: Claimed[] = [];
    const unread: Unreadable[] = [];
    for (const claim of claims)
      try {
        read.push({ claim, command: this.#commandOf(claim.command) });
      } catch (error) {
        unread.push(unreadable(claim, error));
      }
    await this.#settle(unread);
    await this.#dispatch(read, until);
    return claims.length;
  }

  async #dispatch(claimed: readonly Claimed[], until: number): Promise<void> {
    const { dispatcher, onSettled } = this.#ports;
    const dispatched = await dispatcher.dispatch(claimed, until);
    await this.#settle(dispatched);
    dispatched.forEach(onSettled);
  }

  async #settle(settled: readonly (Dispatched | Unreadable)[]): Promise<void> {
    if (settled.length === 0) return;
    const { pool, target, clock } = this.#ports;
    const at = clock.now();
    const outcomes = new Map(settled.flatMap((one) => {
      const record = 'command' in one && outcomeRecord(one, at, target);
      return record ? [[one.claim.commandId, record] as const] : [];
    }));
    const { taken, pending } = await settle(pool, this.#checkpoint, settled.map(({ claim, settlement }) => {
      const record = outcomes.get(claim.commandId);
      return { claim, settlement, outcome: record ? packRecords([record]) : null };
    }));
    await this.#publish(pending, [...outcomes].flatMap(([commandId, record]) => (taken.has(commandId) ? [record] : [])));
  }

  async #publish(pending: readonly number[], records: readonly OutRecord[]): Promise<void> {
    if (pending.length === 0) return;
    await this.#ports.appender.append(records);
    this.#checkpoint = acknowledged(this.#checkpoint, pending);
  }

  async #read(records: readonly LogRecord[], poison: unknown): Promise<{ commands: ReadonlyMap<string, Read>; parkings: readonly Parking[] }> {
    const commands = new Map<string, Read>();
    const parkings: Parking[] = [];
    await this.#ports.reader.prepare(records.map(({ value }) => value));
    for (const record of records)
      try {
        if (poison !== undefined) throw poison;
        const type = record.headers[TYPE]?.toString('latin1');
        if (type !== 'SendMessage') throw invalidMessage('DELIVERY.NOT_A_COMMAND', 'the record is no SendMessage');
        if (recordBytes(record) > MOST_COMMAND_BYTES) throw invalidMessage('LOG.TOO_LARGE', `the command takes ${recordBytes(record)} bytes, at most ${MOST_COMMAND_BYTES} are taken`);
        const command = this.#commandOf(record.value);
        if (!UUID.test(command.commandId) || !UUID.test(command.customerId)) throw invalidMessage('DELIVERY.NO_ID', 'the id of the command or of its customer is no UUID');
        commands.set(command.commandId, { command, value: record.value, thread: threadOf(record) });
      } catch (error) {
        parkings.push({ ...parkingOf(record, error), alone: true });
      }
    return { commands, parkings };
  }

  #commandOf(value: Buffer): Command {
    return this.#ports.reader.read('SendMessage', value).data as Command;
  }
}
