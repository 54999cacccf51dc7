import { projectionTable, type Migration } from '@touchpoint/store';
import { readModels } from '@touchpoint/profile';

const membership = projectionTable(readModels.membership as never);

export const migrations: readonly Migration[] = [
  {
    id: 'analytics.001-members-of-a-survivor',
    sql: `create index on ${membership.table} (survivor_id) where survivor_id is not null;`,
  },
];
