import { describe, expect, it } from '@jest/globals';
import { kinds, ownKinds, portNames } from './layout.ts';

const database = { databaseUrl: 'postgres://d' };
const registry = { schemaRegistryUrl: 'http://r' };

describe('what is ours to run', () => {
  it.each([
    ['everything when nothing is given', kinds, {}, ['postgres', 'kafka', 'registry']],
    ['what is not given', kinds, { kafkaBrokers: ['a:1'] }, ['postgres', 'registry']],
    ['a registry over the given database', kinds, database, ['kafka', 'registry']],
    ['the registry’s database with the registry', ['registry'] as const, {}, ['postgres', 'registry']],
    ['only what is asked for', ['kafka'] as const, {}, ['kafka']],
    ['nothing when all is given', kinds, { kafkaBrokers: ['a:1'], ...database, ...registry }, []],
  ])('is %s', (_, asked, external, own) => expect(ownKinds(asked, external)).toEqual(own));
  it('takes two ports for each broker', () => expect(portNames(['kafka'], 3)).toHaveLength(6));
});
