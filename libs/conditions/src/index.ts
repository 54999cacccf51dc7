export * from './calendar.ts';
export * from './condition.ts';
export * from './condition-check.ts';
export * from './document-shape.ts';
export * from './evaluate.ts';
export * from './event-property.ts';
export * from './measure-text.ts';
export * from './next-flip.ts';
