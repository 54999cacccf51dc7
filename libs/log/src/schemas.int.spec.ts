import { beforeAll, describe, expect, it } from '@jest/globals';
import { catalog, type MessageName } from '@touchpoint/contracts';
import { realLog } from './real-log.fixture.ts';
import { createRegistry } from './registry.ts';
import { createMessageReader, createMessageWriter, registerSchemas } from './schemas.ts';
import { TOPICS } from './topics.ts';

const { prefix, registryUrl } = realLog(process.env);
const registry = createRegistry(registryUrl, { timeoutMs: 20_000 });
const subject = `${prefix}${TOPICS.received}-${catalog.StoreVisited.fullName}`;

describe('the schemas', () => {
  beforeAll(async () => {
    await expect(createMessageWriter(registry, prefix, TOPICS.received)).rejects.toThrow(`not registered: ${prefix}${TOPICS.received}-`);
    await registerSchemas(registry, prefix);
  });

  it('are registered once, under a subject per topic and message', async () => {
    const names = Object.keys(catalog) as MessageName[];
    const count = await registerSchemas(registry, prefix);
    expect(count).toBeGreaterThan(names.length);
    expect(await registry.idOf(subject, JSON.stringify(catalog.StoreVisited.schema))).toEqual(expect.any(Number));
    expect(await registry.idOf(`${subject}.none`, JSON.stringify(catalog.StoreVisited.schema))).toBeUndefined();
  });

  it('refuse a change that an old reader or writer cannot bridge', async () => {
    const schema = structuredClone(catalog.StoreVisited.schema) as { fields: object[] };
    schema.fields.push({ name: 'mood', type: 'string' });
    await expect(registry.register(subject, JSON.stringify(schema))).rejects.toThrow(/refused to register .*: 409/);
    const bridged = structuredClone(catalog.StoreVisited.schema) as { fields: object[] };
    bridged.fields.push({ name: 'mood', type: ['null', 'string'], default: null });
    expect(await registry.register(subject, JSON.stringify(bridged))).toEqual(expect.any(Number));
  });

  it('carry a message from a writer to a reader, of this version and of a newer one', async () => {
    const writer = await createMessageWriter(registry, prefix, TOPICS.timeline);
    const reader = createMessageReader(registry);
    const value = writer.write('StoreVisited', { storeId: 'store-7' } as never);
    expect(value[0]).toBe(0);
    expect(() => reader.read('StoreVisited', value)).toThrow(expect.objectContaining({ code: 'LOG.UNKNOWN_SCHEMA' }));
    await reader.prepare([value]);
    expect(reader.read('StoreVisited', value)).toEqual({ type: 'StoreVisited', data: expect.objectContaining({ storeId: 'store-7' }) });
    expect(() => reader.read('CustomerMerged', value)).toThrow(expect.objectContaining({ kind: 'InvalidMessage' }));
    expect(() => writer.write('SendMessage', {} as never)).toThrow('SendMessage does not belong on customers.timeline');
  });
});
