/** Only what programs need to be found. KAFKA_BROKERS and the like stay out: what runs elsewhere can be neither measured nor killed. */
export const bareEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(['PATH', 'HOME', 'JAVA_HOME', 'MAVEN_HOME', 'M2_HOME', 'TOUCHPOINT_STACK_CACHE', 'XDG_CACHE_HOME', 'TMPDIR'].map((name) => [name, process.env[name]]));
