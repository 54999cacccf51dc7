import { failureKind } from '@touchpoint/kernel';
import { REFUSED } from './pool.ts';

/** What our code, or Node's, throws at a value that it was not made for. */
const OF_VALUES: ReadonlySet<string> = new Set(['RangeError', 'TypeError', 'SyntaxError']);

/** Whether what one of the records in hand holds may be at fault: not where another try, another owner or a person has to help. */
const mayBePoison = (error: unknown): boolean => {
  const { name, code } = (error ?? {}) as Readonly<{ name?: unknown; code?: unknown }>;
  const kind = failureKind(error);
  return kind === 'InvalidMessage' || (kind === 'Defect' && (code === REFUSED || OF_VALUES.has(String(name))));
};

/**
 * Does work on as many records as are there; where it fails on what one of them holds (a number that no column takes, say), on half as many from the first on, down to one.
 * That one is given with what was thrown, to be parked. So the records before a poison are worked off, and so are those behind it, by whoever asks next.
 * @param stands where the work has come so far: what failed behind a commit is not done again
 * @throws what the work threw, where no record can be at fault
 */
export const findingPoison = async (records: number, stands: () => unknown, work: (records: number, poison?: unknown) => Promise<void>): Promise<void> => {
  const stood = stands();
  for (let some = records; ; some = Math.ceil(some / 2)) {
    try {
      return await work(some);
    } catch (error) {
      if (!mayBePoison(error) || stands() !== stood) throw error;
      if (some === 1) return work(1, error);
    }
  }
};
