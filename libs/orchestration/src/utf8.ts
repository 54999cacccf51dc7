const utf8 = new TextEncoder();
/** Bytes that a text takes on the log. */
export const utf8Bytes = (text: string): number => utf8.encode(text).length;
