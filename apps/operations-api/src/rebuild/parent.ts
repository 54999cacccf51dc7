import type { FoldAnswer } from './protocol.ts';

/** Ends this process, quietly, when whoever started it is gone: what it has not committed is folded again. To be called before anything is waited for. */
export const endWithParent = (): void => {
  process.on('disconnect', () => process.exit(0));
  if (!process.connected) process.exit(0);
};

/** Says something to whoever started this process. One that is gone hears nothing; without a callback that would be an error of this process's. */
export const tellParent = (said: FoldAnswer): void => void process.send?.(said, undefined, undefined, (error) => { if (error) process.exit(0); });
