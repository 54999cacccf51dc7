import { gzipSync } from 'node:zlib';
import type { Instant, Random } from '@touchpoint/kernel';
import { mutated, oddText, oddValue } from '../odd-values.ts';
import { cloudEvent, segmentEvent, TYPES, type Raw } from './events.ts';

/** A request and how many inputs it is. `ids`: message ids of its members, in order, of which some may be taken; undefined where what is sent holds no such id. */
export type Request = Readonly<{ path: string; headers: Readonly<Record<string, string>>; body: Buffer; inputs: number; ids: readonly (string | undefined)[] }>;
export type Keys = Readonly<{ write: string; import: string; read: string }>;

const JSON_TYPE = 'application/json';
const MOST_MEMBERS = 200;
/** What unpacks to far more than anybody may send. */
const BOMB = gzipSync(Buffer.alloc(40_000_000));
const HUGE = Buffer.from(`{"type":"track","event":"x","properties":{"a":"${'x'.repeat(600_000)}"}}`);
const DEEP = Buffer.from(`${'['.repeat(60_000)}${']'.repeat(60_000)}`);
/** A header value that Node's client would not send is none that a server can get from it. */
const printable = (text: string): string => encodeURIComponent(Buffer.from(text).toString()).slice(0, 2_000);

/** Requests, one after another; each is of one seed's chance. */
export const createRequests = (chance: Random, keys: Keys, tag: string, now: () => Instant) => {
  let number = 0;
  /** Of what was sent: to be sent again, as it was or with another body. */
  const earlier: Raw[] = [];
  const bearer = { authorization: `Bearer ${keys.write}`, 'content-type': JSON_TYPE };

  const member = (): Raw => {
    number += 1;
    const old = chance.below(30) === 0 && earlier.length > 0 ? chance.one(earlier) : undefined;
    if (old) return chance.below(2) === 0 ? old : { ...old, properties: { other: number }, traits: { other: number } };
    const event = segmentEvent(chance, number, `${tag}-${number}`, now());
    if (chance.below(50) === 0 && earlier.length < 300) earlier.push(event);
    return chance.below(12) === 0 ? mutated(event, chance) : event;
  };
  const idOf = (sent: unknown): string | undefined => {
    const id = (sent as Raw | undefined)?.['messageId'];
    return typeof id === 'string' && id.startsWith(tag) ? id : undefined;
  };

  const batch = (): Request => {
    const members: unknown[] = Array.from({ length: 1 + chance.below(MOST_MEMBERS) }, () => (chance.below(150) === 0 ? oddValue(chance) : member()));
    const historical = chance.below(8) === 0;
    if (historical) for (const one of members) if (typeof one === 'object' && one !== null && !Array.isArray(one)) (one as Raw)['historical'] = true;
    const body = Buffer.from(JSON.stringify({ batch: members, ...(chance.below(20) === 0 && { sentAt: oddValue(chance), context: oddValue(chance) }) }));
    const packed = chance.below(4) === 0;
    return {
      path: `/v1/${chance.one(['batch', 'batch', 'b', 'import'])}`, inputs: members.length, ids: members.map(idOf), body: packed ? gzipSync(body) : body,
      headers: { 'content-type': JSON_TYPE, authorization: `Basic ${Buffer.from(`${historical ? keys.import : keys.write}:`).toString('base64')}`, ...(packed && { 'content-encoding': 'gzip' }) },
    };
  };

  const single = (): Request => {
    number += 1;
    const type = chance.one(TYPES);
    const event = segmentEvent(chance, number, `${tag}-${number}`, now(), type);
    const sent = chance.below(3) === 0 ? event : mutated(event, chance);
    return { path: `/v1/${chance.below(10) === 0 ? chance.one(TYPES) : type}`, inputs: 1, ids: [idOf(sent)], body: Buffer.from(JSON.stringify(sent)), headers: bearer };
  };

  const cloud = (): Request => {
    const events = Array.from({ length: 1 + chance.below(20) }, () => {
      number += 1;
      const event = cloudEvent(chance, number, `${tag}-${number}`, now());
      return chance.below(3) === 0 ? mutated(event, chance) : event;
    });
    const idOfCloud = ({ source, id }: Raw): string | undefined => (source === 'fuzz' && typeof id === 'string' && id.startsWith(tag) ? `fuzz ${id}` : undefined);
    const [first] = events as [Raw, ...Raw[]];
    switch (chance.below(3)) {
      case 0: return { path: '/v1/cloudevents', inputs: events.length, ids: events.map(idOfCloud), body: Buffer.from(JSON.stringify(events)), headers: { ...bearer, 'content-type': 'application/cloudevents-batch+json' } };
      case 1: return { path: '/v1/cloudevents', inputs: 1, ids: [idOfCloud(first)], body: Buffer.from(JSON.stringify(first)), headers: { ...bearer, 'content-type': 'application/cloudevents+json' } };
      default: {
        const { data, ...attributes } = first;
        const named = Object.entries(attributes).filter(([name, value]) => /^[a-z]{1,20}$/.test(name) && typeof value === 'string');
        const headers = Object.fromEntries(named.map(([name, value]) => [`ce-${name}`, printable(value as string)]));
        return { path: '/v1/cloudevents', inputs: 1, ids: [undefined], body: Buffer.from(JSON.stringify(data ?? null)), headers: { ...bearer, ...headers } };
      }
    }
  };

  /** A request whose bytes are not what they say. */
  const broken = (): Request => {
    const { path, headers, body } = chance.below(2) === 0 ? single() : batch();
    const make = (made: Buffer, more: Readonly<Record<string, string>> = {}): Request => ({ path, body: made, inputs: 1, ids: [], headers: { ...headers, ...more } });
    const bent = Buffer.from(body);
    switch (chance.below(14)) {
      case 0: return make(body.subarray(0, chance.below(body.length)));
      case 1: return make(((bent[chance.below(bent.length)] = chance.below(256)), bent));
      case 2: return make(Buffer.concat([Buffer.from([0xff, 0xfe, 0xc3]), body]));
      case 3: return make(Buffer.concat([Buffer.from('\ufeff'), body]));
      case 4: return make(Buffer.alloc(0));
      case 5: return make(DEEP);
      case 6: return chance.below(10) === 0 ? make(HUGE) : make(Buffer.from(JSON.stringify(oddValue(chance))));
      case 7: return chance.below(10) === 0 ? make(BOMB, { 'content-encoding': 'gzip' }) : make(gzipSync(body).subarray(0, 12), { 'content-encoding': 'gzip' });
      case 8: return make(body, { 'content-encoding': chance.one(['gzip', 'br', 'deflate', 'zstd', 'x']) });
      case 9: return make(body, { 'content-type': chance.one(['text/plain', 'multipart/form-data; boundary=x', 'application/json; charset=utf-16', 'application/cloudevents+json', 'x', 'application/xml']) });
      case 10: return make(body, { authorization: chance.one(['', 'Bearer ', 'Bearer tp_x_y', `Bearer ${keys.read}`, 'Basic !!!', `Basic ${Buffer.from(oddText(chance)).toString('base64')}`, 'Digest x']) });
      case 11: return { ...make(body), path: chance.one(['/v1/', '/v1/nothing', `/v1/${printable(oddText(chance))}`, '/v1/track/../batch', '//', `/${'x'.repeat(3_000)}`]) };
      case 12: return make(body, { traceparent: printable(oddText(chance)) || 'x', 'x-correlation-id': printable(oddText(chance)) || 'x', 'x-request-id': 'x'.repeat(500) });
      default: return make(Buffer.from(JSON.stringify({ batch: oddValue(chance) })));
    }
  };

  /** Mostly batches: most inputs are members. */
  return { next: (): Request => chance.one([batch, batch, batch, single, single, single, cloud, cloud, broken, broken])() };
};
