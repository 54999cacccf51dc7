// Is the process of this container alive? Only where it was told its port: what listens nowhere is alive as long as it runs.
const port = process.env.PORT;
if (port) {
  const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(4_000) }).catch(() => undefined);
  process.exitCode = answer?.ok ? 0 : 1;
}
