import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Preloaded into each app. What it compiles of its packages is kept, as the command's own code is (see bin/touchpoint.mjs): six apps start side by side.
enableCompileCache(fileURLToPath(new URL('../../../../node_modules/.cache/touchpoint', import.meta.url)));

// Its channel to the process that started it is a life line: when that closes, however its starter ended, the app stops in order
// instead of living on unseen.
if (process.channel) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), 40_000).unref();
  });
  process.channel.unref();
}
