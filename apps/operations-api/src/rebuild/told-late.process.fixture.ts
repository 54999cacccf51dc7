import { existsSync } from 'node:fs';
import { endWithParent, tellParent } from './parent.ts';

/** `told-late.process.fixture.ts FILE`: does nothing but look for a file, and hears nothing meanwhile; then says something. */
endWithParent();
// As connections would keep it.
setInterval(() => undefined, 60_000);
tellParent({ is: 'at', partition: 0, next: 1 });
process.once('message', () => {
  tellParent({ is: 'at', partition: 0, next: 2 });
  while (!existsSync(process.argv[2]!)) { /* as one that is busy folding */ }
  tellParent({ is: 'done' });
});
