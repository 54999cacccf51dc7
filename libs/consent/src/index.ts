export * from './consent.ts';
export * from './consent-fold.ts';
export * from './contact.policy.ts';
