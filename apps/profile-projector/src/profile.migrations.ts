import { projections } from '@touchpoint/profile';
import { projectionTable, type Migration } from '@touchpoint/store';

/** One table per projection and version, as the projection declares it. */
export const migrations: readonly Migration[] = projections.map((projection) => projectionTable(projection).migration);
