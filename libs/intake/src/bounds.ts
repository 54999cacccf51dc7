/** Lengths in UTF-16 units. The size of a whole event is bounded before it comes here, by the HTTP side. */
export const MESSAGE_ID = 100;
export const SOURCE_ID = 256;
export const EVENT_NAME = 200;
export const TEXT = 1_024;
export const URL_TEXT = 2_048;
export const KEY_NAME = 256;
export const DEPTH = 12;
export const KEYS = 2_000;

/** Longest offset a publisher's clock may be ahead after its correction. */
export const FUTURE_MS = 24 * 3_600_000;
/** What is older when it arrives is history, marked or not: it updates read models and starts nothing. */
export const LIVE_MS = 30 * 24 * 3_600_000;
