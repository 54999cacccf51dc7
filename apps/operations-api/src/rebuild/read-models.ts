import { projections } from '@touchpoint/profile';
import { projectionTable, type ProjectionTable } from '@touchpoint/store';

/** The consumer that folds the read models that are live, as its checkpoints name it. */
export const LIVE = 'profile-projector';
/** The one of the tables that a rebuild folds into, beside the live ones. */
export const NEXT = `${LIVE}.next`;
/** Where a read model stood that a rebuild has put aside: from there it can be brought up to date, and back. */
export const previousOf = (model: string): string => `${LIVE}.previous.${model}`;

const SUFFIX = { live: '', next: '_next', previous: '_previous' } as const;
export type Place = keyof typeof SUFFIX;

export const MODELS: readonly string[] = projections.map(({ name }) => name);
/** A read model's table in one of its places. */
export const tableOf = (model: string, place: Place): ProjectionTable => projectionTable(projections.find(({ name }) => name === model)!, SUFFIX[place]);
export const tablesOf = (models: readonly string[], place: Place): readonly ProjectionTable[] => models.map((model) => tableOf(model, place));
/** The one with a row for each customer. */
export const EVERY_CUSTOMER = 'activity';
