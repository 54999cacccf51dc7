import { readModels } from '@touchpoint/profile';
import { projectionTable, type Migration } from '@touchpoint/store';
import { analystRole } from './analytics/analyst.role.ts';
import { viewMigration } from './analytics/view.ts';
import { views } from './analytics/views.ts';

const { table, projection } = projectionTable(readModels.membership as never);

/** Whom a customer absorbed is asked with every answer about it. */
const absorbedIndex: Migration = { id: `analytics.members-of-a-survivor_v${projection.version}`, sql: `create index on ${table} (survivor_id) where survivor_id is not null;` };

/** Schema, role and views for analysts, and what query-api needs beside the read models. After those of the read models. */
export const migrations: readonly Migration[] = [absorbedIndex, analystRole, ...views.map(viewMigration)];
