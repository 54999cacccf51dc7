export * from './render.ts';
export * from './template.ts';
export * from './template-check.ts';
export * from './template-files.ts';
