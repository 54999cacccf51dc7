import { setSourceMapsSupport } from 'node:module';

// Preloaded into each app. A stack names our own files as they were written; the maps of packages are not read (--enable-source-maps reads and keeps them all).
// No compile cache: it would save 0.1 s of CPU at a start, and what it read stays in memory, 6 MB a process.
setSourceMapsSupport(true);

// Its channel to the process that started it is a life line: when that closes, however its starter ended, the app stops in order
// instead of living on unseen.
if (process.channel) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), 40_000).unref();
  });
  process.channel.unref();
}
