import { describe, expect, it } from '@jest/globals';
import { arrayOf } from './column-types.ts';

describe('an array literal', () => {
  it.each([
    ['text', ['a', null, 'b,"c"', '\\', '', 'NULL', '{}', undefined], '{"a",NULL,"b,\\"c\\"","\\\\","","NULL","{}",NULL}'],
    ['uuid', ['00000000-0000-4000-8000-000000000001', null], '{00000000-0000-4000-8000-000000000001,NULL}'],
    ['boolean', [true, false, null], '{t,f,NULL}'],
    ['integer', [1, -2, null], '{1,-2,NULL}'],
    ['numeric', [1_500_000n, -1n, null], '{1.5,-0.000001,NULL}'],
    ['bytes', [Buffer.from([1, 255]), new Uint8Array(), null], '{"\\\\x01ff","\\\\x",NULL}'],
    ['json', [{ a: '"' }, null, []], '{"{\\"a\\":\\"\\\\\\"\\"}",NULL,"[]"}'],
    ['day', [], '{}'],
  ] as const)('of %s', (type, values, text) => expect(arrayOf(values, type)).toBe(text));
});
