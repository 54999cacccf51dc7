import { historyOf } from './lock-history.ts';
import { ROOT, SCHEMAS } from './places.ts';
import { LOCK } from './released-lock.ts';
import { judge } from './verdict.ts';

const history = historyOf(ROOT, `schemas/${LOCK}`);
const { files, problems, unreleased } = judge(SCHEMAS, history ?? []);
for (const problem of problems) console.error(problem);
console.log(`${files.length} schemas, ${unreleased.length} of them not released, ${problems.length} problems${history ? '' : '; no commit to compare the lock with'}.`);
if (problems.length) process.exitCode = 1;
