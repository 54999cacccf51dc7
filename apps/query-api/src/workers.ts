/** The two workers that stand between an event and an answer, as their checkpoints name them. */
export const RESOLVER = 'identity-resolver';
export const PROJECTOR = 'profile-projector';
