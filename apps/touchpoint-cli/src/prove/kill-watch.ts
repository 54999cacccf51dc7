import { CliError } from '../system/cli-error.ts';
import type { ProcessView, SystemView } from '../system/system.ts';

export type KillWatch = Readonly<{ kills: () => number; stop: () => Promise<void>; /** Rejects when the system is gone. */ gone: Promise<never> }>;

const LOOK_MS = 500;

/** Tells of every process that ends and comes back. Whoever crashed too often and was left alone is started again: here somebody kills on purpose. */
export const watchKills = (look: () => Promise<SystemView | undefined>, startAgain: () => Promise<unknown>, say: (text: string) => void): KillWatch => {
  const seen = new Map<string, ProcessView>();
  let [kills, stopped, starting] = [0, false, false];
  let fail: (error: Error) => void = () => undefined;
  const gone = new Promise<never>((_, reject) => { fail = reject; });
  gone.catch(() => undefined);
  const onTime = async (): Promise<void> => {
    while (!stopped) {
      const view = await look().catch(() => undefined);
      if (!view && !stopped) {
        fail(new CliError('PROVE.SYSTEM_GONE', 'The system has stopped: a part of the stack (Kafka, Postgres, registry) or the process that runs the system was ended. prove is about the apps; npm run crash kills the parts of the stack too'));
        return;
      }
      for (const process of view?.processes ?? []) {
        const before = seen.get(process.name);
        if (before && process.restarts > before.restarts) {
          kills += process.restarts - before.restarts;
          say(`${process.name}${before.pid === undefined ? '' : ` (${before.pid})`} was killed${process.lastCrash?.signal ? ` by ${process.lastCrash.signal}` : ''}, and is started again`);
        } else if (before && before.state !== 'ready' && process.state === 'ready') say(`${process.name} is back: ${process.pid}`);
        seen.set(process.name, process);
      }
      if (!starting && view?.processes.some(({ state }) => state === 'failed')) {
        starting = true;
        say('killed so often that its supervisor left it alone: it is started again');
        void startAgain().catch(() => undefined).finally(() => { starting = false; });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const looking = onTime();
  return { kills: () => kills, gone, stop: async () => { stopped = true; await looking; } };
};
