import { encodeMeta } from '@touchpoint/contracts';
import type { Caller } from '@touchpoint/host';
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
}>;

type Draft = Readonly<{ incoming: Incoming; traceparent: string | undefined; sources: readonly KnownSource[]; personal: boolean }>;

/**
 * Makes records of events and appends them: source keys and sealed values instead of clear ones, in one round trip for all data keys that are not at hand.
 * Nothing is appended before all of it was made.
 */
export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #types = new Map<string, Buffer>();

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  /**
   * Resolves when the broker has acknowledged every record. @returns the indices of events that are too large for the log: none of theirs was written.
   * @throws Failure Transient: LOG.OVERLOADED, LOG.UNAVAILABLE, or that data keys could not be had; then it is unknown whether any was written.
   */
  async record(events: readonly Event[], reception: Reception): Promise<ReadonlySet<number>> {
    const { seal, appender, observeAppend, limitMs } = this.#ports;
    const began = performance.now();
    const drafts = events.map((event) => event.records.map((incoming) => this.#draft(incoming, event.traceparent)));
    const wanted = new Set<SourceKey>();
    const labelling = new Set<KnownSource>();
    for (const ofEvent of drafts) for (const draft of ofEvent) this.#want(draft, wanted, labelling);
    const keys = wanted.size > 0 ? await within(limitMs, keysAreLate, this.#ports.keys.keysFor(wanted)) : NO_KEYS;

    const records: OutRecord[] = [];
    const tooLarge = new Set<number>();
    const labels = new Labels(labelling, (source, clear) => seal(keys.get(source.key)!, clear));
    for (let i = 0; i < drafts.length; i++) {
      const made = drafts[i]!.map((draft) => this.#make(draft, keys, labels, reception));
      if (made.some((record) => recordBytes(record) > MAX_RECEIVED_BYTES)) tooLarge.add(i);
      else records.push(...made);
    }
    const appending = performance.now();
    await within(limitMs - (appending - began), logIsLate, appender.append(records));
    observeAppend((performance.now() - appending) / 1_000);
    if (tooLarge.size === 0) for (const source of labelling) this.#ports.sources.markLabelled(source);
    return tooLarge;
  }

  #draft(incoming: Incoming, traceparent: string | undefined): Draft {
    const { sources } = this.#ports;
    return { incoming, traceparent, sources: incoming.sources.map(({ kind, value }) => sources.get(kind, value)), personal: isPersonal(incoming) };
  }

  #want({ sources, personal }: Draft, wanted: Set<SourceKey>, labelling: Set<KnownSource>): void {
    if (personal) wanted.add(sources[0]!.key);
    for (const source of sources) {
      if (!source.needsLabel) continue;
      labelling.add(source);
      wanted.add(source.key);
    }
  }

  #make({ incoming, traceparent, sources, personal }: Draft, keys: ReadonlyMap<SourceKey, DataKey>, labels: Labels, { caller, receivedAt, correlationId }: Reception): OutRecord {
    const { topic, seal, writer, digest } = this.#ports;
    const primary = sources[0]!;
    const key = personal ? keys.get(primary.key)! : undefined;
    const meta: Meta = {
      messageId: incoming.messageId,
      publisher: caller.name,
      occurredAt: incoming.occurredAt,
      receivedAt,
      historical: incoming.historical,
      sources: sources.map((source, i) => labels.of(source, incoming.sources[i]!.value)),
      link: incoming.link,
      digest: digest(incoming.canonical),
      correlationId,
      causationId: incoming.causationId,
    };
    const data = sealInPlace(incoming, (clear): Sealed => seal(key!, clear), this.#keyOf);
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

const NO_KEYS: ReadonlyMap<SourceKey, DataKey> = new Map();

/** Sources as meta names them. A label goes with the first record that names its source, and with no other. */
class Labels {
  readonly #left: Set<KnownSource>;
  readonly #seal: (source: KnownSource, clear: string) => Sealed;
  constructor(labelling: ReadonlySet<KnownSource>, seal: (source: KnownSource, clear: string) => Sealed) {
    this.#left = new Set(labelling);
    this.#seal = seal;
  }

  of(source: KnownSource, clear: string): Source {
    return this.#left.size > 0 && this.#left.delete(source) ? { ...source.plain, label: this.#seal(source, clear) } : source.plain;
  }
}

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
