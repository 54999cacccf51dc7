import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { explore, told } from './explore.ts';
import { allRules, ruleNames, RULES, without } from './rules.ts';
import type { Size } from './world.ts';

const root = new URL('../../../', import.meta.url);

describe('Effects happen once', () => {
  it.each<[string, Size]>([
    ['two faults and three batches', { batches: 3, pieces: 1, faults: 2 }],
    ['two faults and batches of two sends each', { batches: 2, pieces: 2, faults: 2 }],
    ['three faults', { batches: 2, pieces: 1, faults: 3 }],
  ])('in every interleaving of two processes with %s: nothing is lost, doubled, out of order or stalled', (_, size) => {
    const found = explore({ rules: allRules, size });
    console.info(`${told(found)}: ${JSON.stringify(size)}`);
    expect(told(found)).toMatch(/^nothing goes wrong in/);
    // Fewer would mean that something cannot happen any more that did.
    expect(found.states).toBeGreaterThan(40_000);
  }, 300_000);
});

describe('without one of the rules', () => {
  it.each(ruleNames.map((name) => [name, RULES[name].says] as const))('%s (%s) something goes wrong', (name) => {
    const found = explore({ rules: without(name), size: { batches: 2, pieces: 1, faults: 2 } });
    expect(told(found)).toMatch(/^(lost|doubled|out of order|stalled|the row)/);
  }, 120_000);
});

describe('each rule', () => {
  it.each(ruleNames.map((name) => [name, RULES[name]] as const))('%s stands in the code', (_, { file, code }) => {
    const url = new URL(file, root);
    expect(existsSync(url)).toBe(true);
    expect(readFileSync(url, 'utf8')).toContain(code);
  });
});
