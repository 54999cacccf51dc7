// Preloaded into each app. Its channel to the process that started it is a life line: when that closes, however its starter ended, the app stops in order
// instead of living on unseen.
if (process.channel) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), 40_000).unref();
  });
  process.channel.unref();
}
