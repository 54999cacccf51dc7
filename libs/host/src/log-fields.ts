/**
 * Every field that a log line may have, and what its value may look like. Nothing else is printed: a field that is not in this
 * list is dropped (and counted), a value of another form is replaced. Add a line here for a new field, and ask of it: can it ever hold
 * what a customer or a publisher wrote? Then it does not belong here.
 *
 * `id` is a short identifier (no space, no @); `number` a number or bigint; `ids` up to 20 identifiers; `error` what `errorText` makes of it.
 */
export type FieldKind = 'id' | 'number' | 'flag' | 'ids' | 'error';

export const LOG_FIELDS = {
  // where in the log
  topic: 'id', topics: 'ids', group: 'id', consumer: 'id', member: 'id', generation: 'number', partition: 'number', partitions: 'ids',
  offset: 'number', fromOffset: 'number', toOffset: 'number', expectedOffset: 'number', lag: 'number', lagMs: 'number', seq: 'number', expectedSeq: 'number', origin: 'id',
  incarnation: 'number', version: 'number', broker: 'id', subject: 'id', schemaId: 'number',
  // which message, which customer (by pseudonym only)
  type: 'id', messageId: 'id', customerId: 'id', sourceKey: 'id', sourceKind: 'id', publisher: 'id', causationId: 'id', commandId: 'id', runId: 'id', timerId: 'id',
  journey: 'id', step: 'id', template: 'id', channel: 'id', provider: 'id', messageClass: 'id', outcome: 'id', projection: 'id',
  // how much, how long
  count: 'number', records: 'number', events: 'number', rows: 'number', bytes: 'number', batches: 'number', customers: 'number', parked: 'number', pending: 'number',
  durationMs: 'number', waitMs: 'number', limitMs: 'number', limit: 'number', attempt: 'number', attempts: 'number', latenessMs: 'number',
  // why
  reason: 'id', code: 'id', kind: 'id', state: 'id', check: 'id', since: 'number', error: 'error', signal: 'id', exitCode: 'number', keys: 'ids',
  // the process and its calls
  host: 'id', port: 'number', pid: 'number', method: 'id', route: 'id', routes: 'ids', status: 'number', keyId: 'id', scopes: 'ids', context: 'id', part: 'id', task: 'id',
  table: 'id', migration: 'id', operation: 'id', apply: 'flag', url: 'id', file: 'id', line: 'number', set: 'id', stopped: 'flag', ready: 'flag', historical: 'flag',
} as const satisfies Readonly<Record<string, FieldKind>>;

type FieldValue = { id: string | number; number: number | bigint; flag: boolean; ids: readonly (string | number)[]; error: unknown };
export type LogFields = { readonly [F in keyof typeof LOG_FIELDS]?: FieldValue[(typeof LOG_FIELDS)[F]] | null | undefined };

const ID = /^[\w.:/*{}<>#-]{1,200}$/;
const REDACTED = '[redacted]';
const MAX_IDS = 20;

const idText = (value: unknown): string | number => {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && ID.test(value) ? value : REDACTED;
};
const shown = (kind: FieldKind, value: unknown, errorShown: (error: unknown) => unknown): unknown => {
  switch (kind) {
    case 'id': return idText(value);
    case 'number': return typeof value === 'number' ? value : typeof value === 'bigint' ? value.toString() : REDACTED;
    case 'flag': return typeof value === 'boolean' ? value : REDACTED;
    case 'ids': return Array.isArray(value) ? value.slice(0, MAX_IDS).map(idText) : REDACTED;
    case 'error': return errorShown(value);
  }
};

/** What may be printed of the fields; what was dropped is counted, not named (a key may be personal, too). */
export const allowedFields = (fields: Readonly<Record<string, unknown>>, errorShown: (error: unknown) => unknown): Record<string, unknown> => {
  const out: Record<string, unknown> = {};
  let dropped = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    const kind = Object.hasOwn(LOG_FIELDS, name) ? LOG_FIELDS[name as keyof typeof LOG_FIELDS] : undefined;
    if (kind === undefined) dropped += 1;
    else out[name] = shown(kind, value, errorShown);
  }
  if (dropped > 0) out['droppedFields'] = dropped;
  return out;
};
