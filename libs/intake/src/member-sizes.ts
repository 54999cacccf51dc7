const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const OPEN_LIST = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Past the closing quote of a string that begins at `start`. */
const stringEnd = (json: Uint8Array, start: number): number => {
  for (let i = start + 1; i < json.length; i++) {
    const byte = json[i];
    if (byte === QUOTE) return i + 1;
    if (byte === BACKSLASH) i++;
  }
  return json.length;
};

const BATCH = new TextEncoder().encode('"batch"');
const isBatchKey = (json: Uint8Array, start: number, end: number): boolean => end - start === BATCH.length && BATCH.every((byte, i) => json[start + i] === byte);

/**
 * The bytes that each member of a batch takes in its JSON text, spaces about it included: of the list under the key `batch` of an object, or of a list that is
 * the whole text. One pass over the bytes, no copy; the text must have been parsed before, so it is known to be JSON.
 * @returns undefined where no such list stands in it in that spelling
 */
export const memberSizes = (json: Uint8Array): number[] | undefined => {
  let depth = 0;
  let list = -1;
  let sizes: number[] | undefined;
  let from = 0;
  let onBatch = false;
  for (let i = 0; i < json.length; ) {
    const byte = json[i]!;
    if (byte === QUOTE) {
      const end = stringEnd(json, i);
      if (depth === 1 && list !== 1) {
        let next = end;
        while (next < json.length && json[next]! <= 0x20) next++;
        if (json[next] === COLON) onBatch = isBatchKey(json, i, end);
      }
      i = end;
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      const isList = byte === OPEN_LIST && (depth === 0 || (depth === 1 && onBatch));
      depth++;
      if (isList && list < 0) {
        list = depth;
        sizes = [];
        from = i + 1;
      }
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === list && sizes) {
        if (sizes.length > 0 || hasContent(json, from, i)) sizes.push(i - from);
        list = -1;
        onBatch = false;
      }
      depth--;
    } else if (byte === COMMA && depth === list && sizes) {
      sizes.push(i - from);
      from = i + 1;
    }
    i++;
  }
  return sizes;
};

const hasContent = (json: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) if (json[i]! > 0x20) return true;
  return false;
};

/**
 * A quick look whether any member of a batch may be larger than `limit`, by the places of a name that each of its `count` members must have (`"messageId"`):
 * a member lies between the name in the one before and the name in the one after. Only a native search, ten times as fast as `memberSizes`.
 * @returns true where that cannot be said for certain; false is certain if each member does have the name
 */
export const mayExceed = (json: Uint8Array & { indexOf(text: Uint8Array, from: number): number }, name: Uint8Array, count: number, limit: number): boolean => {
  let before = 0;
  let last = 0;
  let found = 0;
  for (let at = json.indexOf(name, 0); at >= 0; at = json.indexOf(name, at + name.length)) {
    if (at - before > limit || ++found > count) return true;
    before = last;
    last = at;
  }
  return found !== count || json.length - before > limit;
};
