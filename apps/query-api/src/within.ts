import { transient } from '@touchpoint/kernel';

/** What comes within a time. The work is not stopped, only no longer waited for. @throws Failure Transient `code` past it. */
export const within = async <T>(ms: number, code: string, what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(transient(code, `${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
