import { HttpException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Failure, fenced, invalidMessage, logMismatch, transient } from '@touchpoint/kernel';
import { z } from 'zod';
import { badRequest, forbidden, HttpProblem, tooLarge, tooManyRequests, unauthorized, unavailable } from './problem.ts';
import { problemOf } from './problem-of.ts';

const fastify = (code: string, statusCode: number) => Object.assign(new Error('quotes Anna'), { name: 'FastifyError', code, statusCode });

describe('an error at HTTP', () => {
  it.each([
    ['an invalid message', invalidMessage('TOUCHPOINT.NO_ID', 'it has no id'), 400, 'TOUCHPOINT.NO_ID'],
    ['a version conflict', new Failure('VersionConflict', 'STORE.VERSION', 'x'), 409, 'STORE.VERSION'],
    ['something passing', transient('LOG.SEND', 'x'), 503, 'LOG.SEND'],
    ['a partition that is somebody else’s', fenced('x'), 503, 'LOG.FENCED'],
    ['another log', logMismatch('LOG.CUT', 'x'), 500, 'DEFECT'],
    ['no key', unauthorized(), 401, 'ACCESS.NO_KEY'],
    ['the wrong scope', forbidden(['operate']), 403, 'ACCESS.SCOPE'],
    ['overload', tooManyRequests(3), 429, 'HTTP.OVERLOAD'],
    ['too large a thing', tooLarge('EVENT.TOO_LARGE', 'x'), 413, 'EVENT.TOO_LARGE'],
    ['an outage', unavailable('LOG.DOWN', 'x'), 503, 'LOG.DOWN'],
    ['too large a body', fastify('FST_ERR_CTP_BODY_TOO_LARGE', 413), 413, 'HTTP.TOO_LARGE'],
    ['a foreign media type', fastify('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415), 415, 'HTTP.MEDIA_TYPE'],
    ['bad JSON', fastify('FST_ERR_CTP_INVALID_JSON_BODY', 400), 400, 'HTTP.BAD_JSON'],
    ['another refusal of Fastify', fastify('FST_ERR_NEW', 422), 422, 'HTTP.REFUSED'],
    ['what Nest wrapped', new HttpException('quotes Anna', 413, { cause: fastify('FST_ERR_CTP_BODY_TOO_LARGE', 413) }), 413, 'HTTP.TOO_LARGE'],
    ['no route', new NotFoundException('Cannot GET /v1/customers/by/email/anna@shop.example'), 404, 'HTTP.NOT_FOUND'],
    ['a defect', new TypeError('quotes Anna'), 500, 'DEFECT'],
    ['a defect of Nest', new HttpException('quotes Anna', 500), 500, 'DEFECT'],
    ['a problem that is a defect', new HttpProblem(500, 'X', 'quotes Anna'), 500, 'DEFECT'],
    ['something that is no error', 'quotes Anna', 500, 'DEFECT'],
  ])('%s', (_, error, status, code) => {
    const { problem } = problemOf(error, 'work-1');
    expect(problem).toMatchObject({ type: 'about:blank', title: expect.stringMatching(/./), status, code, correlationId: 'work-1' });
    expect(JSON.stringify(problem)).not.toMatch(/anna/i);
  });
});

describe('what helps the caller', () => {
  it('is where the message was wrong', () => {
    const errors = [{ path: 'batch.3.messageId', code: 'missing', message: 'is needed' }];
    expect(problemOf(invalidMessage('SEGMENT.BATCH', 'bad members', errors)).problem.errors).toEqual(errors);
    expect(problemOf(badRequest('X', 'x', errors)).problem.errors).toEqual(errors);
    const refused = z.object({ lines: z.array(z.object({ price: z.number() })) }).safeParse({ lines: [{ price: 'Anna' }] }).error;
    const { problem } = problemOf(invalidMessage('ORDER.FORM', 'it has not the form of an order', refused));
    expect(problem.errors).toEqual([{ path: 'lines.0.price', code: 'invalid_type', message: expect.stringContaining('expected number') }]);
    expect(JSON.stringify(problem)).not.toContain('Anna');
  });
  it('is when to come again', () => {
    expect(problemOf(tooManyRequests(2.2)).headers).toEqual({ 'retry-after': '3' });
    expect(problemOf(unavailable('X', 'x', 9)).headers).toEqual({ 'retry-after': '9' });
    expect(problemOf(transient('X', 'x')).headers).toEqual({ 'retry-after': '1' });
    expect(problemOf(new Error('x')).headers).toEqual({});
  });
  it('is how to show a key', () => expect(problemOf(unauthorized()).headers['www-authenticate']).toContain('Basic'));
});
