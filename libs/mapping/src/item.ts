import type { ImportMessage } from './event-rule.ts';

/** The lines of the file that something is made of: the first, the last, and how many rows. Lines of other groups may lie between them. */
export type Lines = Readonly<{ first: number; last: number; rows: number }>;

export type RejectCode =
  /** A line that cannot be read at all. */
  | 'MAPPING.BROKEN_LINE'
  /** A cell that is not what its column says. */
  | 'MAPPING.BAD_CELL'
  /** A group with a row that was rejected: in part it would be another event. */
  | 'MAPPING.GROUP_INCOMPLETE'
  /** A key that comes again after its event was made. */
  | 'MAPPING.KEY_RETURNED'
  | 'MAPPING.GROUP_TOO_LARGE'
  /** The rows can be read, but no message can be made of them. */
  | 'MAPPING.UNMAPPABLE';

/** Why rows became no event. No value of the file stands in `reason`; the key is that of the event. */
export type Rejected = Readonly<{ kind: 'rejected'; key: string | null; lines: Lines; code: RejectCode; reason: string }>;
/**
 * What became of some rows. Each row is in exactly one item, so the rows of all items are those of the file. The same file and mapping give the same items
 * in the same order, however the text is cut: an item's place in that order is what an import remembers to go on from.
 */
export type Item = Readonly<{ kind: 'event'; key: string; lines: Lines; message: ImportMessage }> | Readonly<{ kind: 'skipped'; key: string; lines: Lines }> | Rejected;
