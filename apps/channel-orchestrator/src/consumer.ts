/** Whose checkpoints and parked records these are. */
export const CONSUMER = 'channel-orchestrator';
