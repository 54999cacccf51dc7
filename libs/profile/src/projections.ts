import type { Projection } from '@touchpoint/kernel';
import { activity } from './activity.projection.ts';
import { appUsage } from './app-usage.projection.ts';
import { consent } from './consent.projection.ts';
import { contactPoints } from './contact-points.projection.ts';
import { devices } from './devices.projection.ts';
import { engagement } from './engagement.projection.ts';
import { membership } from './membership.projection.ts';
import { messages } from './messages.projection.ts';
import { orderReversals } from './order-reversals.projection.ts';
import { orders } from './orders.projection.ts';
import { profile } from './profile.projection.ts';
import { segmentMoves } from './segment-moves.projection.ts';
import { timelineIndex } from './timeline-index.projection.ts';

export const readModels = { profile, activity, orders, orderReversals, appUsage, engagement, messages, devices, contactPoints, consent, membership, segmentMoves, timelineIndex } as const;

/** Every read model, for the projector, the query side and the docs. Names are unique. */
export const projections: readonly Projection[] = Object.values(readModels) as unknown as readonly Projection[];
