export { load, machine, type Machine } from './machine.ts';
export { percentile } from './percentile.ts';
export { figureTable, measured, noteTable, writeReport, type Figure, type Note, type Report } from './report.ts';
