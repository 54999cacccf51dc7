import condition from '../../../schemas/condition.schema.json' with { type: 'json' };
import journey from '../../../schemas/journey.schema.json' with { type: 'json' };
import segment from '../../../schemas/segment.schema.json' with { type: 'json' };

/** The JSON Schemas that documents are checked by. `condition` is what the others refer to. */
export const documentSchemas: Readonly<Record<'condition' | 'journey' | 'segment', object>> = { condition, journey, segment };
