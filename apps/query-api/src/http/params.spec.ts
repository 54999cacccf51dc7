import { describe, expect, it } from '@jest/globals';
import { encodeCursor } from '../cursor.ts';
import { customerIdFrom, messagesPage, nothingElse, sourceFrom, timelinePage } from './params.ts';

const ID = '3f0c9a52-9d0b-5a53-8f5e-6f6c2a9d7e10';
const refused = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    const { status, code, errors } = error as { status: number; code: string; errors?: readonly { path: string }[] };
    return { status, code, paths: errors?.map(({ path }) => path) };
  }
  return undefined;
};

describe('a page', () => {
  it('has a default, and takes limit, cursor and types', () => {
    expect(timelinePage({})).toEqual({ limit: 20, before: null, types: null });
    expect(timelinePage({ limit: '100', before: encodeCursor([1, 2, 3]), type: 'OrderCompleted,MessageDecided' })).toEqual({ limit: 100, before: [1, 2, 3], types: ['OrderCompleted', 'MessageDecided'] });
    expect(messagesPage({ before: encodeCursor([5, ID]) })).toEqual({ limit: 20, before: [5, ID] });
  });
  it.each([
    [{ limit: '0' }], [{ limit: '101' }], [{ limit: '-1' }], [{ limit: '1e1' }], [{ limit: '' }], [{ limit: ['1', '2'] }], [{ before: 'x' }], [{ before: '' }], [{ before: encodeCursor([1, 2]) }], [{ before: encodeCursor([1, 2, '3']) }],
    [{ before: encodeCursor([1.5, 2, 3]) }], [{ before: encodeCursor([5, ID]) }], [{ before: 'A'.repeat(1_000) }], [{ type: 'Order Completed' }], [{ type: '' }], [{ type: 'OrderCompleted,' }], [{ type: 'DeliverMessage' }],
    [{ type: Array(21).fill('OrderCompleted').join(',') }],
  ])('refuses %j', (query) => {
    expect(refused(() => timelinePage(query))).toMatchObject({ status: 400, code: 'QUERY.PARAMETER', paths: [expect.stringContaining(Object.keys(query)[0]!)] });
  });
  it('refuses what it does not know, and names every mistake at once', () => {
    expect(refused(() => timelinePage({ limit: '0', offset: '3' }))).toMatchObject({ status: 400, paths: ['limit', ''] });
    expect(refused(() => messagesPage({ type: 'OrderCompleted' }))).toMatchObject({ code: 'QUERY.PARAMETER' });
    expect(refused(() => messagesPage({ before: encodeCursor([5, "x'; drop table"]) }))).toMatchObject({ code: 'QUERY.PARAMETER' });
    expect(refused(() => nothingElse({ expand: '1' }))).toMatchObject({ code: 'QUERY.PARAMETER' });
  });
});

describe('a customer id', () => {
  it('is a uuid, in either case', () => {
    expect(customerIdFrom(ID.toUpperCase())).toBe(ID);
  });
  it.each([['42'], [''], [`${ID}0`], [ID.replaceAll('-', '')], ["'"]])('is not %j', (text) => expect(refused(() => customerIdFrom(text))).toMatchObject({ status: 400, code: 'QUERY.CUSTOMER_ID' }));
});

describe('a source', () => {
  it.each([['user', '42'], ['email', 'Ada@Example.com'], ['phone', '+41791234567'], ['device', 'd-1'], ['anonymous', 'a b/ü']])('is %s %s', (kind, value) => expect(sourceFrom(kind, value)).toEqual([kind, value]));
  it.each([['customer', '42'], ['User', '42'], ['__proto__', 'x'], ['user', ''], ['user', 'x'.repeat(401)], ['phone', '079 123 45 67'], ['phone', '0041791234567']])('is not %s %s, and says so without the value', (kind, value) => {
    expect(refused(() => sourceFrom(kind, value))).toMatchObject({ status: 400, code: 'QUERY.SOURCE' });
    try {
      sourceFrom(kind, value);
    } catch (error) {
      if (value.length > 3) expect((error as Error).message).not.toContain(value);
    }
  });
});
