import { describe, expect, it } from '@jest/globals';
import { transient } from '@touchpoint/kernel';
import pg from 'pg';
import { z } from 'zod';
import { errorText, scrubbed } from './error-text.ts';

const flat = (error: unknown) => JSON.stringify(errorText(error));
const pgError = (fields: Record<string, string>) => Object.assign(new pg.DatabaseError(fields['message'] ?? 'failed', 10, 'error'), { severity: 'ERROR', routine: 'some_routine', ...fields });

describe('what is said of an error', () => {
  it('is its name, code, kind, frames and causes', () => {
    const text = errorText(transient('LOG.SEND', 'the send failed', new Error('broker gone')));
    expect(text).toMatchObject({ name: 'Failure', kind: 'Transient', code: 'LOG.SEND', message: 'the send failed', cause: { name: 'Error', message: 'broker gone' } });
    expect(text.frames[0]).toMatch(/^at /);
  });
  it('is little of what is no error', () => expect(flat('anna@shop.example')).not.toContain('anna'));
  it('ends with a chain of causes that does not', () => {
    const error = new Error('round');
    error.cause = error;
    expect(flat(error).length).toBeLessThan(20_000);
  });
});

describe('never said', () => {
  it.each([
    ['values in the detail of a Postgres error', pgError({ code: '23505', message: 'duplicate key value violates unique constraint "contact_pkey"', detail: 'Key (address)=(anna@shop.example) already exists.' })],
    ['values in the message of a data exception', pgError({ code: '22P02', message: 'invalid input syntax for type uuid: Anna Example' })],
    ['values in the query of a Postgres error', pgError({ code: '42601', message: 'syntax error at or near "Anna"', internalQuery: "select 'Anna'", where: 'Anna' })],
    ['what JSON was not valid', (() => { try { return JSON.parse('{"Anna": x'); } catch (error) { return error; } })()],
    ['what a schema refused', z.object({ name: z.enum(['x']) }).safeParse({ name: 'Anna' }).error],
    ['addresses and numbers', new Error("The 'To' number +49 151 1234567 (for <anna@shop.example>) is not valid")],
    ['what a provider says', Object.assign(new Error('550 no such user: Anna Example'), { stack: 'Error: x\n    at SMTPConnection._formatError (/app/node_modules/nodemailer/lib/smtp-connection/index.js:809:19)' })],
    ['what hangs on an error', Object.assign(new Error('refused'), { request: { body: 'Anna' }, config: { auth: 'Anna' }, response: 'Anna' })],
    ['a query in a URL', new Error('GET https://shop.example/x?name=Anna failed')],
  ])('%s', (_, error) => {
    const text = flat(error).replace(/"frames":\[[^\]]*\]/g, '');
    expect(text).not.toMatch(/Anna|anna|1234567/);
  });
  it('even a name that is a message', () => expect(flat(Object.assign(new Error('x'), { name: 'anna@shop.example wrote' }))).not.toContain('anna'));
});

describe('what is needed to mend it', () => {
  it('is said of a Postgres error', () => expect(errorText(pgError({ code: '23505', message: 'duplicate', table: 'data_key', constraint: 'data_key_source_key_key' }))).toMatchObject({ code: '23505', table: 'data_key', constraint: 'data_key_source_key_key' }));
  it('is said of a refused message: where, not what', () => expect(errorText(z.object({ lines: z.array(z.object({ price: z.number() })) }).safeParse({ lines: [{ price: 'x' }] }).error).issues).toEqual(['lines.0.price: invalid_type']));
  it('is said of a fault in the code', () => expect(errorText(new TypeError("Cannot read properties of undefined (reading 'customerId')")).message).toContain("'customerId'"));
});

it('keeps short what is long', () => expect(scrubbed('word '.repeat(10_000)).length).toBeLessThanOrEqual(301));
