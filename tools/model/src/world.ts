/**
 * The world of the model: one partition of the source, read by two processes of one app, whose every batch is one record and goes to two target partitions.
 * Postgres, the coordinator of the group, requests under way and what the readers of the targets made of the log are one value; nothing else is remembered.
 */
export const TARGETS = [0, 1] as const;
export type Release = 1 | 2;

/** A row of log.pending: a batch that was committed and is to be sent, as it was numbered. `from`: the seq of its first record. */
export type Row = Readonly<{ batch: number; origin: Release; from: number }>;

/** A request of a producer that no broker has handled yet. `by`: who waits for its answer; undefined: nobody any more, and it may still land. */
export type Request = Readonly<{ target: number; origin: Release; seq: number; item: number; by: number | undefined }>;

/**
 * Where a process stands: outside of the group, a member without the partition, told that it has it, allowed to claim it, having raised the version, having read
 * its row, sending what was pending, about to delete what of that was acknowledged, waiting for records, holding some, having moved the checkpoint without its
 * row (a rule broken), waiting for an answer, or stopped for good (a rule broken).
 */
export type At = 'away' | 'member' | 'open' | 'allowed' | 'raised' | 'claimed' | 'draining' | 'drained' | 'ready' | 'holding' | 'unsaved' | 'sending' | 'stopped';

export type Worker = Readonly<{
  at: At;
  /** Its release: part of the origin under which it sends. */
  release: Release;
  /** The coordinator's view: an evicted one may not know. */
  member: boolean;
  /** Cut off from Kafka for good, not from Postgres. */
  cut: boolean;
  /** Cut off, it was accepted so lately that it may claim once more. */
  lease: boolean;
  /** No other claim has come behind its own: the version in Postgres is the one it knows. */
  newest: boolean;
  next: number;
  sent: number;
  /** Rows that it read and has not sent; the first one is in hand while it sends. */
  todo: readonly Row[];
  piece: number;
  answered: readonly number[];
  draining: boolean;
  /** The batch it holds, or has fetched; 0: none. */
  held: number;
  acknowledged: readonly number[];
}>;

export type World = Readonly<{
  /** Last batch whose effects were committed. */
  next: number;
  rows: readonly Row[];
  /** The origin that numbers are given under; undefined: none yet. */
  origin: Release | undefined;
  /** Last seq given, by release. */
  sent: Readonly<Record<Release, number>>;
  owner: number | undefined;
  /** A process was killed while its claim was on the way to Postgres, where it may still arrive. */
  lateClaim: boolean;
  workers: readonly [Worker, Worker];
  requests: readonly Request[];
  /** What the reader of each target has: last seq by release, and how many items in order. */
  readers: readonly Readonly<{ seen: Readonly<Record<Release, number>>; taken: number }>[];
  /** How many faults may still happen. */
  faults: number;
}>;

export type Size = Readonly<{
  batches: number;
  /** Sends that a batch takes, one after another. */
  pieces: number;
  faults: number;
}>;

export const outside = (release: Release, cut = false): Worker => ({
  at: 'away', release, member: false, cut, lease: false, newest: false, next: 0, sent: 0, todo: [], piece: 0, answered: [], draining: false, held: 0, acknowledged: [],
});

export const beginning = ({ faults }: Size): World => ({
  next: 0, rows: [], origin: undefined, sent: { 1: 0, 2: 0 }, owner: undefined, lateClaim: false, workers: [outside(1), outside(1)], requests: [],
  readers: TARGETS.map(() => ({ seen: { 1: 0, 2: 0 }, taken: 0 })), faults,
});

const rowKey = ({ batch, origin, from }: Row) => `${batch}.${origin}.${from}`;
const flag = (value: boolean) => (value ? 1 : 0);
const workerKeys = new WeakMap<Worker, string>();
/** Written once: a step leaves most of a world as it was. */
const workerKey = (w: Worker) => {
  let key = workerKeys.get(w);
  if (key === undefined) {
    const flags = `${w.release}${flag(w.member)}${flag(w.cut)}${flag(w.lease)}${flag(w.newest)}${flag(w.draining)}`;
    workerKeys.set(w, (key = `${w.at} ${flags} ${w.next} ${w.sent} ${w.todo.map(rowKey).join()} ${w.piece} ${w.answered.join('')} ${w.held} ${w.acknowledged.join()}`));
  }
  return key;
};
const requestKeys = (requests: readonly Request[], of: number | undefined) =>
  requests.length === 0 ? '' : requests.flatMap(({ target, origin, seq, item, by }) => (by === of ? [`${target}.${origin}.${seq}.${item}`] : [])).sort().join();

/** The same for two worlds that differ in nothing that matters: which of the two processes is which does not. */
export const keyOf = ({ next, rows, origin, sent, owner, lateClaim, workers, requests, readers, faults }: World): string => {
  const keys = workers.map((worker, i) => `${workerKey(worker)}${owner === i ? ' owner' : ''} ${requestKeys(requests, i)}`).sort();
  const read = readers.map(({ seen, taken }) => `${seen[1]} ${seen[2]} ${taken}`).join();
  return `${next} ${rows.map(rowKey).join()} ${origin} ${sent[1]} ${sent[2]} ${faults}${flag(lateClaim)}|${read}|${keys.join('|')}|${requestKeys(requests, undefined)}`;
};
