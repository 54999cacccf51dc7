import { encodeMeta } from '@touchpoint/contracts';
import { correlation, type Caller, type Tracing } from '@touchpoint/host';
import type { Incoming, Keyed } from '@touchpoint/intake';
import { transient, type Instant, type Meta, type Sealed, type Source, type SourceKey } from '@touchpoint/kernel';
import { MAX_RECEIVED_BYTES, META, recordBytes, TRACEPARENT, TYPE, type Appender, type MessageWriter, type OutRecord } from '@touchpoint/log';
import type { DataKey, Vault } from '@touchpoint/vault';
import type { KnownSource, KnownSources } from './known-sources.ts';
import { isPersonal, sealInPlace } from './sealing.ts';

/** What one event becomes; all of it, or nothing, is written. `traceparent` is W3C. */
export type Event = Readonly<{ records: readonly Incoming[]; traceparent: string | undefined }>;
/** How a request came. */
export type Reception = Readonly<{ caller: Caller; receivedAt: Instant; correlationId: string | null }>;
export type RecorderPorts = Readonly<{
  topic: string;
  sources: KnownSources;
  keys: Pick<Vault, 'keysFor'>;
  seal: Vault['seal'];
  writer: MessageWriter;
  appender: Pick<Appender, 'append'>;
  digest: (canonical: string) => string;
  /** How long data keys and the acknowledgement may take together. */
  limitMs: number;
  observeAppend: (seconds: number) => void;
  tracing: Tracing;
}>;

/** A record that waits for data keys: that of its primary source where it is personal, and those of the sources whose clear value goes along with it. */
type Draft = Readonly<{ incoming: Incoming; traceparent: string | undefined; sources: readonly KnownSource[]; personal: boolean; labels: readonly KnownSource[] }>;
/** What a request's records still want. */
type Wanted = Readonly<{ keys: Set<SourceKey>; labels: Set<KnownSource> }>;

/**
 * Makes records of events and appends them: source keys and sealed values instead of clear ones, in one round trip for all data keys that are not at hand.
 * Nothing is appended before all of it was made. Of an event whose own source was erased, a late one from a phone that was offline, nothing personal is kept.
 */
export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #types = new Map<string, Buffer>();

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  /**
   * What needs no data key, nearly all, is a record when this returns, and only bytes wait: the events of all requests that wait for the log would be copied
   * by one garbage collection after another. So the caller should not keep them either.
   * @returns, when the broker has acknowledged every record, the indices of events that are too large for the log: none of theirs was written.
   * @throws Failure Transient: LOG.OVERLOADED, LOG.UNAVAILABLE, or that data keys could not be had; then it is unknown whether any was written.
   */
  record(events: readonly Event[], reception: Reception): Promise<ReadonlySet<number>> {
    const began = performance.now();
    const wanted: Wanted = { keys: new Set(), labels: new Set() };
    const made = events.map(({ records, traceparent }) => records.map((incoming) => this.#begin(incoming, traceparent, reception, wanted)));
    return this.#append(made, wanted, reception, began);
  }

  async #append(made: readonly (OutRecord | Draft)[][], { keys: wanted, labels }: Wanted, reception: Reception, began: number): Promise<ReadonlySet<number>> {
    const { appender, observeAppend, limitMs } = this.#ports;
    const keys = wanted.size > 0 ? await within(limitMs, keysAreLate, this.#ports.keys.keysFor(wanted)) : NO_KEYS;
    const records: OutRecord[] = [];
    const tooLarge = new Set<number>();
    for (let i = 0; i < made.length; i++) {
      const ofEvent = made[i]!.map((one) => ('incoming' in one ? this.#make(one, keys, reception) : one));
      if (ofEvent.some((record) => recordBytes(record) > MAX_RECEIVED_BYTES)) tooLarge.add(i);
      else records.push(...ofEvent);
    }
    const appending = performance.now();
    await this.#traced(records.length, () => within(limitMs - (appending - began), logIsLate, appender.append(records)));
    observeAppend((performance.now() - appending) / 1_000);
    if (tooLarge.size === 0) for (const source of labels) this.#ports.sources.markLabelled(source);
    return tooLarge;
  }

  async #traced(count: number, append: () => Promise<unknown>): Promise<void> {
    const { topic, tracing } = this.#ports;
    const parent = tracing.on ? correlation()?.traceparent : undefined;
    const span = parent === undefined ? undefined : tracing.start(`append ${topic}`, { kind: 'producer', parent, attributes: { 'messaging.system': 'kafka', 'messaging.operation.type': 'send', 'messaging.destination.name': topic, 'messaging.batch.message_count': count } });
    try {
      await append();
      span?.end();
    } catch (error) {
      span?.end({ failed: error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'DEFECT' });
      throw error;
    }
  }

  /**
   * A source's clear value goes with the first record that names it, and with no other of the request; and with whatever links it, since a customer that a known
   * source moves to has heard of it by that alone.
   */
  #begin(incoming: Incoming, traceparent: string | undefined, reception: Reception, wanted: Wanted): OutRecord | Draft {
    const sources = incoming.sources.map(({ kind, value }) => this.#ports.sources.get(kind, value));
    const personal = isPersonal(incoming);
    if (personal) wanted.keys.add(sources[0]!.key);
    let labels = NO_LABELS;
    for (const source of sources) {
      const isNews = source.needsLabel && !wanted.labels.has(source);
      if (!isNews && !(source.mayHaveLabel && incoming.link !== 'none')) continue;
      wanted.labels.add(source);
      wanted.keys.add(source.key);
      labels = [...labels, source];
    }
    // Whether its own source was erased says whether the labels beside it may be kept.
    if (labels.length > 0) wanted.keys.add(sources[0]!.key);
    const draft = { incoming, traceparent, sources, personal, labels };
    return personal || labels.length > 0 ? draft : this.#make(draft, NO_KEYS, reception);
  }

  #make({ incoming, traceparent, sources, personal, labels }: Draft, keys: Keys, { caller, receivedAt, correlationId }: Reception): OutRecord {
    const { topic, seal, writer, digest } = this.#ports;
    const primary = sources[0]!;
    const key = keys.get(primary.key);
    const redacted = (personal || labels.length > 0) && key === undefined;
    const named = sources.map((source, i): Source => {
      const labelKey = !redacted && labels.includes(source) ? keys.get(source.key) : undefined;
      return labelKey ? { ...source.plain, label: seal(labelKey, incoming.sources[i]!.value) } : source.plain;
    });
    const meta: Meta = {
      messageId: incoming.messageId,
      publisher: caller.name,
      occurredAt: incoming.occurredAt,
      receivedAt,
      historical: incoming.historical,
      sources: named,
      link: incoming.link,
      digest: digest(incoming.canonical),
      correlationId,
      causationId: incoming.causationId,
    };
    const data = sealInPlace(incoming, redacted ? 'redact' : (clear): Sealed => seal(key!, clear), this.#keyOf);
    const headers: Record<string, Buffer> = { [META]: encodeMeta(meta), [TYPE]: this.#typeHeader(incoming.type) };
    if (traceparent !== undefined) headers[TRACEPARENT] = Buffer.from(traceparent, 'latin1');
    return { topic, partition: primary.partition, key: primary.key, value: writer.write(incoming.type, data as never), headers };
  }

  readonly #keyOf = ({ kind, value }: Keyed): SourceKey => this.#ports.sources.get(kind, value).key;

  #typeHeader(type: string): Buffer {
    let header = this.#types.get(type);
    if (!header) this.#types.set(type, (header = Buffer.from(type)));
    return header;
  }
}

type Keys = ReadonlyMap<SourceKey, DataKey>;
const NO_KEYS: Keys = new Map();
const NO_LABELS: readonly KnownSource[] = [];

const keysAreLate = () => transient('VAULT.SLOW', 'the keys of personal data could not be had in time');
const logIsLate = () => transient('LOG.UNAVAILABLE', 'the log did not acknowledge in time');

/** Postgres and the broker's client have time limits of their own; together they may be longer than a publisher waits. */
const within = async <T>(limitMs: number, late: () => Error, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
};
