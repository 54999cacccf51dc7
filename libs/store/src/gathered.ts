import { failureKind } from '@touchpoint/kernel';

type Asked<Item, Result> = Readonly<{ item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }>;

/**
 * Questions that are asked one by one and answered together: those that come while an answer is under way share the next one. A single one never waits for company;
 * under load many share a round trip. Each answer is looked up after it was asked for. An answer to several that fails is asked for once more for each of them
 * alone, so that one that cannot be answered fails no other; unless the failure is Transient: that concerns all.
 * @param answer gives the results in the order of the items
 * @param most items that are answered at a time
 */
export const gathered = <Item, Result>(answer: (items: readonly Item[]) => Promise<readonly Result[]>, most = 256): ((item: Item) => Promise<Result>) => {
  const waiting: Asked<Item, Result>[] = [];
  let running = false;
  const tell = async (together: readonly Asked<Item, Result>[]): Promise<void> => {
    try {
      const results = await answer(together.map(({ item }) => item));
      together.forEach(({ resolve }, i) => resolve(results[i]!));
    } catch (error) {
      if (together.length === 1 || failureKind(error) === 'Transient') for (const { reject } of together) reject(error);
      else for (const one of together) await tell([one]);
    }
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0) await tell(waiting.splice(0, most));
    running = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running) return;
      running = true;
      // A turn later: what is asked for at once goes together.
      queueMicrotask(() => void run());
    });
};
