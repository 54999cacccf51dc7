import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyOf } from './lock-history.ts';
import { ROOT, SCHEMAS } from './places.ts';
import { LOCK, withReleased } from './released-lock.ts';
import { judge } from './verdict.ts';

const { files, lock, problems, unreleased } = judge(SCHEMAS, historyOf(ROOT, `schemas/${LOCK}`) ?? []);
if (problems.length) {
  for (const problem of problems) console.error(problem);
  console.error('Nothing is released.');
  process.exitCode = 1;
} else {
  writeFileSync(join(SCHEMAS, LOCK), withReleased(files, lock));
  console.log(unreleased.length ? `Released: ${unreleased.map((file) => file.path).join(', ')}` : 'Nothing to release.');
}
