/** The text of base64 of any bytes that hold `text`, whatever stands before and behind: three alignments, without the characters that its neighbours have a say in. */
const base64Of = (text: string): readonly string[] =>
  [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    const whole = bytes.toString('base64').replace(/=+$/, '');
    return whole.slice(Math.ceil((before * 8) / 6), bytes.length % 3 === 0 ? undefined : -1);
  });

/** How a value may be read by whoever finds it: as it is, in JSON, base64, hex, URLs, HTML, UTF-16, in upper or lower case. Each in bytes. */
export const clearForms = (value: string): readonly Buffer[] => {
  const cases = [value, value.toLowerCase(), value.toUpperCase()];
  const html = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll("'", '&#39;');
  const escaped = (text: string) => JSON.stringify(text).slice(1, -1);
  const ascii = (text: string) => escaped(text).replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const texts = cases.flatMap((text) => {
    const hex = Buffer.from(text).toString('hex');
    return [
      text, escaped(text), escaped(escaped(text)), ascii(text), html(text), encodeURIComponent(text), encodeURIComponent(text).toLowerCase(), new URLSearchParams({ v: text }).toString().slice(2), hex, hex.toUpperCase(),
      ...base64Of(text), ...base64Of(text).map((form) => form.replaceAll('+', '-').replaceAll('/', '_')), ...base64Of(escaped(text)),
    ];
  });
  const forms = [...new Set(texts)].map((text) => Buffer.from(text));
  return [...forms, Buffer.from(value, 'utf16le')];
};

/** Looks for values in whatever bytes it is given. Says which by its place in the list: a report shall not give away what was to be erased. */
export const finderOf = (values: Iterable<string>): ((bytes: Buffer) => readonly number[]) => {
  const wanted = [...values].map(clearForms);
  return (bytes) => wanted.flatMap((forms, i) => (forms.some((form) => bytes.includes(form)) ? [i] : []));
};
