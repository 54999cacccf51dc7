import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const cwd = fileURLToPath(new URL('../../../', import.meta.url));
const read = (file: string): string => readFileSync(`${cwd}${file}`, 'utf8');
const page = read('docs/laws.md');
const sections = page.split(/^## /m).slice(1).map((text) => ({ law: text.slice(0, text.indexOf('\n')), text }));
const specs = globSync('{apps,libs,tools}/*/src/**/*.spec.ts', { cwd });
const quoted = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, words]) => words!);

/** What describes, tests and tables of them are called in a spec. */
const titlesOf = (file: string): readonly string[] => [...read(file).matchAll(/\b(?:describe|it)(?:\.each)?\([^'"`]*(['"`])((?:\\.|(?!\1).)*)\1/g)].map(([, , title]) => title!);
const saying = (file: string, law: string): boolean => titlesOf(file).some((title) => title.includes(law));
const UNPROVED = 'Nothing proves it yet';

describe('docs/laws.md', () => {
  it('names the twelve laws of the design, each once', () =>
    expect(sections.map(({ law }) => law)).toEqual([
      'Acknowledged is kept', 'Effects happen once', 'One order per customer', 'Replay equals live', 'Replay is silent', 'Every decision explains itself', 'Unknown is said',
      'Merge order does not matter', 'History sends nothing', 'Erased is unreadable', 'One bad customer stops no other', 'Overload is refused, not absorbed',
    ]));

  it.each(sections.map(({ law, text }) => [law, text]))('says of "%s" what proves it, by the names of tests, and what that does not cover', (law, text) => {
    const naming = specs.filter((file) => saying(file, law));
    if (text.includes(UNPROVED)) return expect(naming).toEqual([]);
    expect(text).toMatch(/^Not covered: /m);
    const named = quoted(text).filter((words) => words.endsWith('.spec.ts'));
    // A spec of the page says which law it is there for; one that is there for a law is on the page.
    expect(naming.length).toBeGreaterThan(0);
    expect(naming.filter((file) => !named.includes(file))).toEqual([]);
  });

  it.each([...new Set(quoted(page).filter((words) => /^[\w.-]+\/[\w./-]+\.\w+$/.test(words)))])('names %s, which exists', (file) => expect(existsSync(`${cwd}${file}`)).toBe(true));

  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  it.each([...new Set(quoted(page).filter((words) => /^(npm|node|npx) /.test(words) && !words.includes('PATTERN')))])('names the command %s, which exists', (command) => {
    const [program, ...args] = command.split(' ');
    if (program === 'node') return expect(existsSync(`${cwd}${args[0]}`)).toBe(true);
    if (args[0] === 'test') return expect(specs.filter((file) => file.includes(args[2]!)).length).toBeGreaterThan(0);
    expect(scripts).toHaveProperty([args[1]!]);
  });
});
