import type { Progress } from './system.ts';

/** Says how far each part of a start is. */
export type Steps = Readonly<{
  busy: (part: string, text: string) => void;
  done: (part: string, text: string) => void;
  note: (part: string, text: string) => void;
  /** Runs a part and says how it went. */
  run: <T>(part: string, text: string, work: () => Promise<T>, done: (result: T) => string) => Promise<T>;
}>;

const sentence = (error: unknown): string => (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));

export const steps = (tell: (progress: Progress) => void, signal: AbortSignal): Steps => {
  const began = new Map<string, number>();
  const finished = new Set<string>();
  const seconds = (part: string): number => (Date.now() - (began.get(part) ?? Date.now())) / 1000;
  const busy = (part: string, text: string): void => {
    if (!began.has(part)) began.set(part, Date.now());
    if (!finished.has(part)) tell({ part, state: 'busy', text });
  };
  const done = (part: string, text: string): void => {
    if (finished.has(part)) return;
    finished.add(part);
    tell({ part, state: 'done', text, ...(began.has(part) && { seconds: seconds(part) }) });
  };
  return {
    busy,
    done,
    note: (part, text) => tell({ part, state: 'done', text }),
    run: async (part, text, work, doneText) => {
      signal.throwIfAborted();
      busy(part, text);
      try {
        const result = await work();
        done(part, doneText(result));
        return result;
      } catch (error) {
        if (!signal.aborted) tell({ part, state: 'failed', text: sentence(error), seconds: seconds(part) });
        throw error;
      }
    },
  };
};
