import type { DeliveryMessage } from './generated/delivery.ts';
import type { IdentityMessage } from './generated/identity.ts';
import type { OrchestrationMessage } from './generated/orchestration.ts';
import type { TouchpointMessage } from './generated/touchpoint.ts';
import type { CurrentMessage } from './upcasters.ts';

/** What happened between a customer and us. */
export type Touchpoint = Extract<CurrentMessage, TouchpointMessage>;
/** What the identity resolver found out. */
export type IdentityFact = Extract<CurrentMessage, IdentityMessage>;
/** What the orchestrator did and decided, and what was published for it. */
export type OrchestrationFact = Extract<CurrentMessage, OrchestrationMessage>;
/** Everything that a customer's timeline may hold. */
export type TimelineEvent = Touchpoint | IdentityFact | OrchestrationFact;
/** Everything that `delivery.commands` may hold. */
export type Command = Extract<CurrentMessage, DeliveryMessage>;
