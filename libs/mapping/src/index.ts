export { type CompiledMapping } from './compile.ts';
export { csvRecords } from './csv-records.ts';
export { messageIdOf, type ImportMessage } from './event-rule.ts';
export * from './item.ts';
export { openMapper, type Mapper } from './mapper.ts';
export { issueLines, mappingChecker, type CheckedMapping } from './mapping-check.ts';
export { type Mapping } from './mapping.ts';
export { type Issue } from './scope.ts';
