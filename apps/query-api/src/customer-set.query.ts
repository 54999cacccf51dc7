import { TOPICS } from '@touchpoint/log';
import { PROJECTOR, RESOLVER } from './workers.ts';

/** Members of one set that are read. More than that are a mistake of some publisher, and the answer says that it is not complete. */
export const MAX_MEMBERS = 500;

/**
 * The set of customers that were joined, as the read models know it, from any of its members (`$1`): `root` survives, `member.ids` are all of them. While a
 * split and a new merge have been read on one timeline and not yet on the other, two may name each other: then the lesser id stands for both, as in the view
 * analytics.membership.
 */
export const SET = `with recursive up(id) as (
    select $1::uuid
    union all select m.survivor_id from profile.membership m join up on m.customer_id = up.id where m.survivor_id is not null
  ) cycle id set looped using path,
  loop(id) as (
    select id from up where looped
    union select m.survivor_id from profile.membership m join loop on m.customer_id = loop.id
  ), root(id) as (
    select coalesce(
      (select up.id from up where not exists (select from profile.membership m where m.customer_id = up.id and m.survivor_id is not null)),
      (select loop.id from loop order by loop.id limit 1))
  ), down(id) as (
    select id from root
    union select m.customer_id from profile.membership m join down on m.survivor_id = down.id
  ), member(ids) as materialized (select array(select id from down limit ${MAX_MEMBERS + 1}))`;

/** The ids of the set, as an expression. */
export const MEMBERS = '(select ids from member)::uuid[]';

/** What every answer needs to know of the set. `parked`: events of it that were set aside by one of the workers, and are in no answer until they are retried. */
export const SET_COLUMNS = `(select id from root) as "customerId", (select ids from member) as members,
  exists (select from identity.customer where customer_id = $1) or exists (select from profile.activity where customer_id = any(${MEMBERS})) as known,
  (select count(*)::int from log.parked p where (p.consumer = '${PROJECTOR}' and p.topic = '${TOPICS.timeline}' and p.key = any((select ids from member)::text[]))
    or (p.consumer = '${RESOLVER}' and p.topic = '${TOPICS.received}' and p.key = any(array(select replace(l.source_key::text, '-', '') from identity.link l where l.customer_id = any(${MEMBERS}))))) as parked`;

export type SetRow = Readonly<{ customerId: string; members: readonly string[]; known: boolean; parked: number }>;
