const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = [0x7b, 0x5b] as const;
const CLOSE = [0x7d, 0x5d] as const;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Past the closing quote of a string that begins at `start`. */
const stringEnd = (json: Uint8Array, start: number): number => {
  let i = start + 1;
  while (i < json.length && json[i] !== QUOTE) i += json[i] === BACKSLASH ? 2 : 1;
  return i + 1;
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
    if (byte === OPEN[0] || byte === OPEN[1]) {
      const isList = byte === OPEN[1] && ((depth === 0 && i < json.length) || (depth === 1 && onBatch));
      depth++;
      if (isList && list < 0) {
        list = depth;
        sizes = [];
        from = i + 1;
      }
    } else if (byte === CLOSE[0] || byte === CLOSE[1]) {
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
