import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { processContext } from './command.ts';
import { createProgram } from './program.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PAGES = globSync(['*.md', 'docs/**/*.md', 'mappings/*.md', 'apps/*/README.md', 'libs/*/README.md', 'tools/*/README.md', 'schemas/*.md'], { cwd: ROOT });
const TYPED = /npx touchpoint(?<words>( [a-z][a-z-]*)*)/g;

/** What is left where a command is typed so: nothing where it does something, else the word that leads nowhere, or that one more is needed. */
const wrongWith = (words: readonly string[]): string | undefined => {
  let command: Command = createProgram(processContext);
  for (const word of words) {
    if (command.commands.length === 0) break;
    const next = command.commands.find((one) => one.name() === word);
    if (!next) return `there is no ${word}`;
    command = next;
  }
  return command.commands.length === 0 ? undefined : 'it only shows help';
};

describe('a command that the documentation names', () => {
  const typed = PAGES.flatMap((page) => [...readFileSync(join(ROOT, page), 'utf8').matchAll(TYPED)].map(({ groups }) => [page, groups!['words']!.trim()] as const)).filter(([, words]) => words !== '');
  it('stands in many places', () => expect(typed.length).toBeGreaterThan(20));
  it.each(typed)('in %s does something: %s', (_, words) => expect(wrongWith(words.split(' '))).toBeUndefined());
});
