import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { errorText } from '@touchpoint/host';
import { testCa } from '@touchpoint/host/testing';
import { transient } from '@touchpoint/kernel';
import { createRegistry, type RegistryAccess } from './registry.ts';
import { createMessageReader, createMessageWriter, messagesFrom, registerSchemas } from './schemas.ts';
import { TOPICS } from './topics.ts';

let server: Server | undefined;
const registry = async (listener: RequestListener, timeoutMs = 5_000) => {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return createRegistry(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { timeoutMs });
};
const answering = (status: number, body: string) => registry((_, response) => void response.writeHead(status).end(body));
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('a registry', () => {
  it('that knows no such id says undefined', async () => expect(await (await answering(404, '{"error_code":40403}')).schemaOf(7)).toBeUndefined());
  it.each([[500, ''], [503, '<html>'], [429, '{}'], [200, '<html>']])('that answers %i %p is to be asked again', async (status, body) =>
    expect((await answering(status, body)).schemaOf(7)).rejects.toMatchObject({ kind: 'Transient', code: 'REGISTRY.UNAVAILABLE' }));
  it('that refuses says why', async () =>
    expect((await answering(422, '{"message":"Invalid Avro schema"}')).idOf('s', '{}')).rejects.toThrow('the schema registry refused to find s: 422 touchpoint - Invalid Avro schema'));
  it('that is not there is to be asked again', async () => expect(createRegistry('http://127.0.0.1:1').schemaOf(1)).rejects.toMatchObject({ kind: 'Transient' }));
  it('that stops in the middle of its answer is to be asked again', async () => {
    const slow = await registry((_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"schema":'), 100);
    await expect(slow.schemaOf(1)).rejects.toMatchObject({ kind: 'Transient' });
  });
});

describe('a registry behind TLS and a password', () => {
  const ca = testCa();
  const PASSWORD = 'pw-of-the-registry';
  const secured = async (access: RegistryAccess, name?: string) => {
    const { key, certificate: cert } = ca.issue(name);
    const wanted = `Basic ${Buffer.from(`us:${PASSWORD}`).toString('base64')}`;
    server = createTlsServer({ key, cert }, (request, response) => void (request.headers.authorization === wanted ? response.end('["a-b"]') : response.writeHead(401).end('{"message":"Unauthorized"}')));
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return createRegistry(`https://localhost:${(server.address() as AddressInfo).port}`, { access });
  };
  const access = { SCHEMA_REGISTRY_CA_FILE: ca.certificate, SCHEMA_REGISTRY_USERNAME: 'us', SCHEMA_REGISTRY_PASSWORD: PASSWORD };
  it('answers', async () => expect(await (await secured(access)).subjects()).toEqual(['a-b']));
  it.each<[string, RegistryAccess, string | undefined]>([['another CA', { ...access, SCHEMA_REGISTRY_CA_FILE: testCa().certificate }, undefined], ['the CAs that Node knows', {}, undefined], ['another name', access, 'elsewhere.example']])(
    'is not taken under %s', async (_what, wrong, name) =>
      expect((await secured(wrong, name)).subjects()).rejects.toMatchObject({ code: 'REGISTRY.UNTRUSTED', message: expect.stringContaining('SCHEMA_REGISTRY_CA_FILE') }));
  it('that refuses the password says what to look at, and not the password', async () => {
    const error = (await (await secured({ ...access, SCHEMA_REGISTRY_PASSWORD: 'pw-wrong' })).subjects().catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'REGISTRY.REFUSED', message: expect.stringContaining('SCHEMA_REGISTRY_PASSWORD') });
    expect(JSON.stringify(errorText(error))).not.toContain('pw-wrong');
  });
});

describe('at a start', () => {
  const busy = (failures: number, kind: 'Transient' | 'Defect' = 'Transient') => {
    let asked = 0;
    const answer = () => ((asked += 1) <= failures ? Promise.reject(kind === 'Transient' ? transient('REGISTRY.UNAVAILABLE', 'busy') : new Error('refused')) : Promise.resolve(7));
    return { registry: { register: answer, idOf: answer, schemaOf: () => Promise.resolve(undefined) }, asked: () => asked };
  };
  it('a registry that is slow is asked again', async () => {
    const { registry: slow } = busy(3);
    expect((await createMessageWriter(slow, '', TOPICS.commands)).write).toBeDefined();
    expect(await registerSchemas(busy(3).registry, '')).toBeGreaterThan(10);
  });
  it('one that stays so, or refuses, is not asked for ever', async () => {
    const [gone, strict] = [busy(Infinity), busy(Infinity, 'Defect')];
    await expect(createMessageWriter(gone.registry, '', TOPICS.commands)).rejects.toMatchObject({ kind: 'Transient' });
    await expect(registerSchemas(strict.registry, '')).rejects.toThrow('refused');
    expect([gone.asked(), strict.asked()]).toEqual([6, 1]);
  });
});

describe('a message writer', () => {
  const asking = (isThere: (subject: string) => boolean) => {
    const subjects: string[] = [];
    const idOf = (subject: string) => (subjects.push(subject), Promise.resolve(isThere(subject) ? 7 : undefined));
    return { registry: { register: () => Promise.reject(new Error()), idOf, schemaOf: () => Promise.reject(new Error()) }, subjects };
  };
  it('looks up what it is said to write, and writes nothing else', async () => {
    const { registry: asked, subjects } = asking(() => true);
    const writer = await createMessageWriter(asked, 'p.', TOPICS.timeline, messagesFrom('identity'));
    expect(subjects).toHaveLength(messagesFrom('identity').length);
    expect(subjects.every((subject) => /^p\.customers\.timeline-.*\.(Customer|Identities|Erasure|Link|Split)\w+$/.test(subject))).toBe(true);
    expect(() => writer.write('TimerFired', {} as never)).toThrow('TimerFired does not belong on customers.timeline');
  });
  it('looks up each message once, and names those that are not registered', async () => {
    const { registry: asked, subjects } = asking((subject) => !subject.endsWith('.OrderCompleted'));
    await expect(createMessageWriter(asked, '', TOPICS.received)).rejects.toThrow(/^not registered: touchpoints\.received-\S+\.OrderCompleted\. Register with/);
    expect([...subjects].sort()).toEqual([...new Set(subjects)].sort());
    // What publishers write, and what operators ask for.
    const names = subjects.map((subject) => subject.split('.').at(-1)!);
    expect(names).toEqual(expect.arrayContaining([...messagesFrom('touchpoint')]));
    expect(names.filter((name) => !messagesFrom('touchpoint').includes(name as never)).every((name) => name.endsWith('Requested'))).toBe(true);
  });
});

describe('a message reader', () => {
  const unknown = Buffer.from([0, 0, 0, 0, 9, 1, 2, 3]);
  it('takes a record with a schema that nobody registered for a bad record, not for a bad registry', async () => {
    let asked = 0;
    const reader = createMessageReader({ register: () => Promise.reject(new Error()), idOf: () => Promise.reject(new Error()), schemaOf: () => ((asked += 1), Promise.resolve(undefined)) });
    await reader.prepare([unknown, unknown, Buffer.from('text'), Buffer.alloc(0)]);
    expect(asked).toBe(1);
    expect(() => reader.read('TraitsSet', unknown)).toThrow(expect.objectContaining({ kind: 'InvalidMessage', code: 'LOG.UNKNOWN_SCHEMA' }));
    expect(() => reader.read('TraitsSet', Buffer.from('text'))).toThrow(expect.objectContaining({ kind: 'InvalidMessage', code: 'LOG.NOT_FRAMED' }));
    expect(() => reader.read('toString', unknown)).toThrow(expect.objectContaining({ kind: 'InvalidMessage', code: 'LOG.UNKNOWN_TYPE' }));
    await reader.prepare([unknown]);
    expect(asked).toBe(2);
  });
  it('waits when the registry does not answer', async () => {
    const reader = createMessageReader(createRegistry('http://127.0.0.1:1'));
    await expect(reader.prepare([unknown])).rejects.toMatchObject({ kind: 'Transient' });
  });
});
