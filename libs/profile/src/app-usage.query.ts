import type { Instant } from '@touchpoint/kernel';
import type { AppUsageRow } from './rows.ts';

/** A customer's use of the app over the days given. */
export type CustomerAppUsage = Readonly<{
  opens: number; sessions: number; screens: number; daysActive: number; appVersion: string | null; platform: string | null; deviceClass: string | null;
  firstAt: Instant | null; lastAt: Instant | null;
}>;

/** Sessions of a day: runs of active half hours. The same as bit_count((slots & ~(slots << 1))::bit(64)) in SQL. */
export const sessionsOf = (slots: number): number => {
  let sessions = 0;
  let before = 0;
  for (let rest = slots; rest > 0; rest = Math.floor(rest / 2)) {
    const active = rest % 2;
    if (active > before) sessions += 1;
    before = active;
  }
  return sessions;
};

/** Sums the days. Takes rows of a whole set after `merge`. */
export const customerAppUsage = (rows: Iterable<AppUsageRow>): CustomerAppUsage => {
  const sum = { opens: 0, sessions: 0, screens: 0, daysActive: 0, firstAt: null as Instant | null, lastAt: null as Instant | null };
  let latest: AppUsageRow | undefined;
  for (const row of rows) {
    sum.opens += row.opens;
    sum.sessions += sessionsOf(row.slots);
    sum.screens += row.screens;
    sum.daysActive += 1;
    if (row.firstAt !== null) sum.firstAt = Math.min(sum.firstAt ?? row.firstAt, row.firstAt);
    if (row.lastAt !== null) sum.lastAt = Math.max(sum.lastAt ?? row.lastAt, row.lastAt);
    if (row.contextAt !== null && row.contextAt > (latest?.contextAt ?? Number.NEGATIVE_INFINITY)) latest = row;
  }
  return { ...sum, appVersion: latest?.appVersion ?? null, platform: latest?.platform ?? null, deviceClass: latest?.deviceClass ?? null };
};
