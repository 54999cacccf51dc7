import { setTimeout as sleep } from 'node:timers/promises';
import type { LogReader, LogScanner } from '@touchpoint/log';

export type Pace = Readonly<{
  /** Records a second in all; as fast as it goes, where there is none. */
  rate?: number | undefined;
  /** Asked before each wait: whether somebody waits for us. Then it is read as fast as it goes. */
  hurried?: () => boolean;
  signal: AbortSignal;
  /** Told how many records each piece had. */
  onRead: (records: number) => void;
  wait?: (ms: number) => Promise<void>;
}>;

/** The log, read no faster than a rate, and until a signal ends it. */
export const pacedLog = (log: LogReader & LogScanner, { rate = Infinity, hurried = () => false, signal, onRead, wait = (ms) => sleep(ms, undefined, { signal }) }: Pace): LogReader & LogScanner => {
  let [began, read]: [number | undefined, number] = [undefined, 0];
  return {
    read: (...at) => log.read(...at),
    close: () => log.close(),
    scan: async function* (...at) {
      began ??= performance.now();
      for await (const records of log.scan(...at)) {
        signal.throwIfAborted();
        read += records.length;
        onRead(records.length);
        yield records;
        const early = (read / rate) * 1_000 - (performance.now() - began);
        if (early > 0 && !hurried()) await wait(early);
      }
    },
  };
};
