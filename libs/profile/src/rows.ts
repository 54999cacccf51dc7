import type { readModels } from './projections.ts';
import type { FlatRow } from './read-model.ts';

/** Rows as readers have them: key columns and columns. */
type Models = typeof readModels;
export type ProfileRow = FlatRow<Models['profile']>;
export type ActivityRow = FlatRow<Models['activity']>;
export type OrderRow = FlatRow<Models['orders']>;
export type OrderReversalRow = FlatRow<Models['orderReversals']>;
export type AppUsageRow = FlatRow<Models['appUsage']>;
export type EngagementRow = FlatRow<Models['engagement']>;
export type MessageRow = FlatRow<Models['messages']>;
export type DeviceRow = FlatRow<Models['devices']>;
export type ContactPointRow = FlatRow<Models['contactPoints']>;
export type ConsentRow = FlatRow<Models['consent']>;
export type MembershipRow = FlatRow<Models['membership']>;
export type SegmentMoveRow = FlatRow<Models['segmentMoves']>;
export type TimelineIndexRow = FlatRow<Models['timelineIndex']>;
