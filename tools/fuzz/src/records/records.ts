import { encodeMeta, type MessageName } from '@touchpoint/contracts';
import { derivedId, partitionOf, type Instant, type Meta, type Random, type SourceKey } from '@touchpoint/kernel';
import { createSequencer, encodeOrigin, messagesFrom, META, ORIGIN, originName, TOPICS, TYPE, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { createData } from './data-of.ts';
import { bent } from './poison.ts';
import { createVictims, customerKey, GARBAGE_KEYS, sourceKey } from './victims.ts';

export const PUBLISHER = 'fuzz';
/** An origin of our form, of a consumer that no app has: readers take it for a newer release's. */
const ORIGIN_NAME = originName('fuzz', 1, 'fuzz', 0, 1);
const TOUCHPOINTS = messagesFrom('touchpoint');
const NO_DIGEST = '0'.repeat(32);
const KINDS = ['user', 'anonymous', 'device'] as const;

export type RecordsOptions = Readonly<{ seed: number; chance: Random; prefix: string; partitions: number; writers: Readonly<{ received: MessageWriter; timeline: MessageWriter; commands: MessageWriter }>; now: () => Instant }>;

/** Records for the topics themselves, past ingest. Those for the timeline have to be appended in their order: each takes the next number of its partition. */
export const createRecords = ({ seed, chance, prefix, partitions, writers, now }: RecordsOptions) => {
  const data = createData(chance, now);
  const sequencer = createSequencer(new Map());
  const victims = { timeline: createVictims(chance, partitions, customerKey(seed)), received: createVictims(chance, partitions, sourceKey(seed)), commands: createVictims(chance, partitions, customerKey(seed + 1)) };
  const topic = { received: prefix + TOPICS.received, timeline: prefix + TOPICS.timeline, commands: prefix + TOPICS.commands, urgent: prefix + TOPICS.urgentCommands };
  let number = 0;
  const sent: OutRecord[] = [];
  const remember = (record: OutRecord): OutRecord => {
    if (sent.length < 200) sent.push(record);
    else sent[chance.below(200)] = record;
    return record;
  };
  const meta = (over: Partial<Meta> = {}): Meta => ({
    messageId: `r-${seed}-${number}`, publisher: PUBLISHER, occurredAt: now() - chance.below(86_400_000), receivedAt: now(), historical: chance.below(10) === 0, sources: [], link: 'none', digest: NO_DIGEST, correlationId: null, causationId: null, ...over,
  });
  const made = (to: string, key: string, type: MessageName, value: Buffer, of: Meta, at = partitionOf(key, partitions)): OutRecord => ({ topic: to, partition: at, key, value, headers: { [META]: encodeMeta(of), [TYPE]: Buffer.from(type) } });
  const numbered = (record: OutRecord): OutRecord => ({ ...record, headers: { ...record.headers, [ORIGIN]: encodeOrigin(ORIGIN_NAME, sequencer.next(record.topic, record.partition)) } });

  const ofTimeline = (key: string, at?: number): OutRecord => {
    number += 1;
    const type = chance.one(TOUCHPOINTS);
    return made(topic.timeline, key, type, writers.timeline.write(type, data(type)), meta(), at);
  };
  const timeline = (): OutRecord => {
    const partition = chance.below(partitions);
    switch (chance.below(20)) {
      case 0: case 1: case 2: return numbered(bent(ofTimeline(victims.timeline.of(partition)), chance));
      case 3: return numbered(ofTimeline(victims.timeline.of(partition, true), (partition + 1 + chance.below(partitions - 1)) % partitions));
      case 4: return numbered(ofTimeline(chance.one(GARBAGE_KEYS), partition));
      case 5: return chance.below(2) === 0 ? ofTimeline(victims.timeline.of(partition)) : bent(ofTimeline(victims.timeline.of(partition)), chance);
      case 6: return forged(ofTimeline(victims.timeline.of(partition)));
      case 7: {
        return sent.length > 0 ? chance.one(sent) : numbered(ofTimeline(victims.timeline.of(partition)));
      }
      default: return remember(numbered(ofTimeline(derivedId('fuzz', String(chance.below(3) === 0 ? chance.below(2_000) : number)))));
    }
  };
  /** An origin that is none, or a number that this one has long given. A number that it has not given yet would be a loss, and stop the reader, as it should. */
  const forged = (record: OutRecord): OutRecord => {
    const origin = chance.one([
      Buffer.alloc(0), Buffer.alloc(8), Buffer.alloc(300, 0xff), encodeOrigin('someone', 1), encodeOrigin('a.1/t\0/0/1', 1), encodeOrigin('x'.repeat(5_000), 7), encodeOrigin('__proto__', 1), encodeOrigin(ORIGIN_NAME, 0),
      encodeOrigin(originName('identity-resolver', 1, TOPICS.received, chance.below(partitions), 1), 0), encodeOrigin('identity-resolver.1/touchpoints.received/0', 3), encodeOrigin('IDENTITY.1/t/0/1', 1),
    ]);
    return { ...record, headers: { ...record.headers, [ORIGIN]: origin } };
  };

  const ofReceived = (key: string, over: Partial<Meta> = {}, at?: number): OutRecord => {
    number += 1;
    const type = chance.one(TOUCHPOINTS);
    const sources: Meta['sources'] = [{ kind: chance.one(KINDS), key: key as SourceKey, label: null }];
    return made(topic.received, key, type, writers.received.write(type, data(type)), meta({ sources, ...over }), at);
  };
  const received = (): OutRecord => {
    const partition = chance.below(partitions);
    const fresh = sourceKey(seed + 2)(chance.below(3) === 0 ? chance.below(2_000) : number);
    switch (chance.below(14)) {
      case 0: case 1: return bent(ofReceived(victims.received.of(partition)), chance);
      case 2: return { ...ofReceived(victims.received.of(partition)), key: chance.one(GARBAGE_KEYS), partition };
      case 3: return ofReceived(fresh, {}, partition);
      case 4: return ofReceived(sourceKey(seed + 3)(chance.below(50)), { messageId: `same-${chance.below(50)}`, digest: String(chance.below(3)).padStart(32, '1') });
      case 5: return ofReceived(fresh, { link: 'identify', sources: [{ kind: 'user', key: fresh as SourceKey, label: null }, { kind: 'anonymous', key: sourceKey(seed + 4)(chance.below(5_000)) as SourceKey, label: null }] });
      default: return ofReceived(fresh);
    }
  };

  const command = (): OutRecord => {
    number += 1;
    const customerId = chance.below(3) === 0 ? victims.commands.of(chance.below(partitions)) : derivedId('fuzz', String(chance.below(2_000)));
    const message = { ...(data('SendMessage') as object), commandId: derivedId('fuzz command', String(seed), String(chance.below(10) === 0 ? chance.below(number) : number)), customerId, decidedPartition: chance.below(partitions), decidedOffset: 0, notAfter: now() + chance.below(200_000) - 100_000, ...(chance.below(800) === 0 && { journeyId: 'j'.repeat(885_000) }) };
    const made_ = made(chance.below(3) === 0 ? topic.urgent : topic.commands, customerId, 'SendMessage', writers.commands.write('SendMessage', message as never), meta());
    return chance.below(3) > 0 ? made_ : bent({ ...made_, key: victims.commands.of(made_.partition) }, chance);
  };

  return {
    /** Mostly for the timeline and what was received: they have most to lose. */
    next: (): OutRecord => (chance.below(12) === 0 ? command() : chance.below(5) < 3 ? timeline() : received()),
    grow: (count: number): void => {
      for (const some of Object.values(victims)) some.grow(count);
    },
  };
};
