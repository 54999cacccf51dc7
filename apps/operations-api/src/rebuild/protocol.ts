/** What operations-api asks a process that folds. */
export type FoldTask =
  | Readonly<{ do: 'fold'; partition: number; /** Behind the last offset to fold. */ to: number }>
  /** Folds customers anew from the log's beginning, without the records at some offsets, in the place of what is folded of them. */
  | Readonly<{ do: 'fold customers'; partition: number; to: number; customers: readonly string[]; without: readonly number[] }>;
export type FoldAnswer = Readonly<{ is: 'done' }> | Readonly<{ is: 'failed'; kind: string; code: string; message: string }> | Readonly<{ is: 'at'; partition: number; next: number }>;
