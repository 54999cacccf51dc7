import { describe, expect, it } from '@jest/globals';
import { declaredTopics, parseTopics, repositoryFile, TOPICS } from './topics.ts';

describe('deploy/topics.yaml', () => {
  it('declares the topics that the code names, and no others', () => expect(declaredTopics().map(({ name }) => name).sort()).toEqual(Object.values(TOPICS).sort()));
  it('keeps the timeline for ever and what was received for 30 days at least', () => {
    const retention = new Map(declaredTopics().map((topic) => [topic.name, topic.retentionMs]));
    expect(retention.get(TOPICS.timeline)).toBe(-1);
    expect(retention.get(TOPICS.received)).toBeGreaterThanOrEqual(30 * 86_400_000);
  });
  it('says of each topic why it is there', () => {
    for (const { why, key } of declaredTopics()) expect([why.length > 20, key.length > 3]).toEqual([true, true]);
  });
  it('is found from wherever this module lies, and is missed by name', () => {
    expect(repositoryFile('deploy/topics.yaml')).toMatch(/deploy\/topics\.yaml$/);
    expect(() => repositoryFile('deploy/nothing.yaml')).toThrow('deploy/nothing.yaml lies in no folder above');
  });
});

describe('a declaration', () => {
  const topic = (over: string) => `topics:\n  - { name: a, key: b, partitions: 3, retention: P7D, why: c${over} }`;
  it('is read', () => expect(parseTopics(topic(''))).toEqual([{ name: 'a', key: 'b', partitions: 3, retention: 'P7D', why: 'c', retentionMs: 7 * 86_400_000 }]));
  it.each([[', partitions: 0'], [', partitions: 1.5'], [', colour: red'], [', retention: PT1H'], [', retention: P1M'], [', retention: never']])('with %p is refused', (over) =>
    expect(() => parseTopics(topic(over).replace('partitions: 3, ', over.includes('partitions') ? '' : 'partitions: 3, ').replace('retention: P7D, ', over.includes('retention') ? '' : 'retention: P7D, '))).toThrow());
});
