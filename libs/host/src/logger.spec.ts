import { describe, expect, it } from '@jest/globals';
import { withCorrelation } from './correlation.ts';
import type { LogFields } from './log-fields.ts';
import { createLogger } from './logger.ts';
import { nestLogger } from './nest-logger.ts';

const recorded = (level: Parameters<typeof createLogger>[1] = 'trace') => {
  const lines: string[] = [];
  return { log: createLogger('spec-app', level, { write: (line: string) => void lines.push(line) }), lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
};

describe('a log line', () => {
  it('is JSON with app, level, time, message and fields', () => {
    const { log, last } = recorded();
    log.info({ topic: 'touchpoints.received', partition: 3, offset: 12n, customers: 7 }, 'a batch was folded');
    expect(last()).toMatchObject({ app: 'spec-app', level: 'info', msg: 'a batch was folded', topic: 'touchpoints.received', partition: 3, offset: '12', customers: 7, time: expect.stringMatching(/^\d{4}-.*Z$/) });
  });
  it('bears the correlation id of its work', () => {
    const { log, last } = recorded();
    withCorrelation({ correlationId: 'work-1' }, () => log.info({}, 'x'));
    expect(last()['correlationId']).toBe('work-1');
    log.info({}, 'x');
    expect(last()).not.toHaveProperty('correlationId');
  });
  it('has the fields of its log, too', () => {
    const { log, last } = recorded();
    log.with({ consumer: 'profile-projector' }).with({ partition: 1 }).warn({ offset: 2 }, 'x');
    expect(last()).toMatchObject({ consumer: 'profile-projector', partition: 1, offset: 2 });
  });
  it('is not made below the level', () => {
    const { log, lines } = recorded('warn');
    log.info({}, 'x');
    expect(lines).toEqual([]);
    expect([log.isLevelEnabled('info'), log.isLevelEnabled('error')]).toEqual([false, true]);
  });
});

describe('what is not on the list', () => {
  it('is dropped and counted, name and value', () => {
    const { log, lines, last } = recorded();
    log.info({ email: 'anna@shop.example', 'anna@shop.example': 1, count: 2 } as LogFields, 'x');
    expect(last()).toMatchObject({ droppedFields: 2, count: 2 });
    expect(lines[0]).not.toContain('anna');
  });
  it('is replaced where a value has not the form of its field', () => {
    const { log, lines, last } = recorded();
    log.info({ topic: 'anna@shop.example', partition: 'Anna' as never, keys: ['ok', 'Anna Example'], historical: 'Anna' as never, routes: 'Anna' as never, customerId: { name: 'Anna' } as never }, 'x');
    expect(last()).toMatchObject({ topic: '[redacted]', partition: '[redacted]', keys: ['ok', '[redacted]'], historical: '[redacted]', routes: '[redacted]', customerId: '[redacted]' });
    expect(lines[0]).not.toMatch(/anna/i);
  });
  it('is not printed of an error', () => {
    const { log, lines } = recorded();
    log.error({ error: Object.assign(new Error('for anna@shop.example'), { detail: 'Key (a)=(Anna)' }) }, 'x');
    expect(lines[0]).not.toMatch(/anna/i);
  });
});

describe("Nest's own lines", () => {
  it('come out in the same form, its chatter as debug', () => {
    const { log, last } = recorded();
    nestLogger(log).log('Mapped {/x, GET} route', 'RouterExplorer');
    expect(last()).toMatchObject({ level: 'debug', context: 'RouterExplorer', msg: 'Mapped {/x, GET} route' });
    nestLogger(log).warn('odd', 'SomeProvider');
    expect(last()).toMatchObject({ level: 'warn', context: 'SomeProvider', msg: 'odd' });
  });
  it('say nothing personal', () => {
    const { log, lines } = recorded();
    const nest = nestLogger(log);
    nest.error({ body: 'Anna' });
    nest.error(new Error('for anna@shop.example'), 'Anna wrote');
    nest.log('mail to anna@shop.example');
    expect(lines.join('')).not.toMatch(/anna/i);
    expect(lines.length).toBe(3);
  });
});
