import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { processContext } from './command.ts';
import { createProgram } from './program.ts';
import { repositoryRoot } from './system/places.ts';

const program = createProgram(processContext);
const subOf = (command: Command, name: string | undefined) => command.commands.find((one) => one.name() === name);
/** What follows `touchpoint` in code: a command, and perhaps one of its own commands and options. */
const TYPED = /(?:npx|--|^) ?touchpoint ([a-z-](?:[a-z-]+|[A-Z=.|\d]+| )+)/gm;

/** Why a typed command is none; undefined where it is one. */
const wrongWith = (typed: string): string | undefined => {
  const [first, ...rest] = typed.trim().split(/\s+/);
  const command = subOf(program, first);
  if (!command) return `there is no command ${first}`;
  // One that has commands may take something itself, too: `replay CONSUMER` and `replay undo`.
  const inner = command.commands.length > 0 ? (subOf(command, rest[0]) ?? (command.registeredArguments.length > 0 ? command : undefined)) : command;
  if (!inner) return rest[0] === undefined ? undefined : `${first} has no command ${rest[0]}`;
  const options = new Set(inner.options.flatMap(({ long, short }) => [long, short]));
  const unknown = rest.find((word) => word.startsWith('--') && word !== '--help' && !options.has(word));
  return unknown && `${first} has no option ${unknown}`;
};

describe.each(['docs/operations.md', 'README.md'])('%s', (page) => {
  const code = [...readFileSync(join(repositoryRoot, page), 'utf8').matchAll(/```sh\n([^]*?)```|`([^`\n]+)`/g)].map(([, block, span]) => block ?? span!);
  const typed = code.flatMap((text) => [...text.matchAll(TYPED)].map(([, words]) => words!));
  it('names commands that there are', () => {
    expect(typed.length).toBeGreaterThan(3);
    expect(typed.map(wrongWith).filter((why) => why !== undefined)).toEqual([]);
  });
});

it('tells a command that there is not', () => {
  expect(['replya x', 'parked lst', 'parked list --colour red'].map(wrongWith)).toEqual(['there is no command replya', 'parked has no command lst', 'parked has no option --colour']);
});
