/** One rule of the protocol: what it says, and the code that keeps it: a file, and words that stand there. */
type Rule = Readonly<{ says: string; file: string; code: string }>;

const CHECKPOINT = 'libs/store/src/checkpoint.ts';
const SLOT = 'libs/log/src/partition-slot.ts';
const APPENDER = 'libs/log/src/appender.ts';
const RESOLVER = 'apps/identity-resolver/src/resolver.session.ts';

/** The rules of sending and assignment (design §3). The model keeps each of them, or breaks it to show what it is for. */
export const RULES = {
  fencedByVersion: { says: 'a move of the checkpoint needs the version of the claim', file: CHECKPOINT, code: 'where consumer = $1 and topic = $2 and partition = $3 and version = $4' },
  raisesBeforeItReads: { says: 'the version is raised first; position, counters and pending rows are read in later statements', file: CHECKPOINT, code: 'if (row.version !== claim.version) throw fenced' },
  acceptedBeforeItRaises: { says: 'only a member whom the coordinator has just accepted raises the version', file: SLOT, code: 'if (!tenure.member.accepted)' },
  fencedJoinsAgain: { says: 'who is fenced leaves the group and joins it again', file: SLOT, code: "tenure.member.end('fenced')" },
  beginsAtTheCheckpoint: { says: 'what was fetched under an earlier claim is not processed', file: SLOT, code: 'if (this.#feed !== feed' },
  pendingWithTheCheckpoint: { says: 'the row of what is to be sent is written in the transaction that moves the checkpoint', file: RESOLVER, code: 'insert into log.pending (consumer, topic, partition, id, payload) select $1, $2, $3, $14, $15 from moved' },
  pendingFirst: { says: 'what an earlier owner left is sent before anything is fetched', file: 'apps/identity-resolver/src/resolver.handler.ts', code: 'await session.sendPending()' },
  sameNumbers: { says: 'sent once more, a record has the seq it had', file: 'libs/log/src/resolved/sends.ts', code: 'createSequencer(new Map(Object.entries(outcome.sentBefore)))' },
  sameOrigin: { says: 'sent once more, by whatever release, a record has the origin it had', file: 'libs/log/src/resolved/sends.ts', code: 'const { origin } = outcome' },
  countedPerTarget: { says: 'seq counts per origin and target partition', file: 'libs/log/src/origins.ts', code: 'const target = nameOf(topic, partition)' },
  countersSetAside: { says: 'the counters of another origin are set aside, and found again when its release comes back', file: CHECKPOINT, code: "sent = coalesce(set_aside -> $5::text, '{}')" },
  everyPartitionAnswered: { says: 'a send counts only when its answer names every partition sent', file: APPENDER, code: "'not named'" },
  sameRecordsAgain: { says: 'after an error the same records are sent again, before any later one', file: APPENDER, code: 'the same records are sent again' },
  waitsForTheAnswer: { says: 'nothing is processed while a send is not acknowledged', file: RESOLVER, code: 'await this.#ports.appender.append(sends)' },
  deletesWhatWasAcknowledged: { says: 'a row is deleted only after its acknowledgement', file: RESOLVER, code: 'acknowledged(this.#checkpoint, [pending])' },
  deletesByExactId: { says: 'rows are deleted by their exact ids', file: 'libs/store/src/pending.ts', code: 'id = any($4::bigint[])' },
  deletesWithTheNextMove: { says: 'the row of an acknowledged batch goes with the next move, at a tick at the latest (ADR 15)', file: CHECKPOINT, code: 'acknowledged as (delete from log.pending p using moved' },
  dropsRepeats: { says: 'a reader drops seq ≤ last', file: 'libs/log/src/origins.ts', code: 'if (origin.seq <= last ||' },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof RULES;
/** Which rules are kept. */
export type Rules = Readonly<Record<RuleName, boolean>>;

export const ruleNames = Object.keys(RULES) as readonly RuleName[];
export const allRules = Object.fromEntries(ruleNames.map((name) => [name, true])) as Rules;
export const without = (name: RuleName): Rules => ({ ...allRules, [name]: false });
