import fc from 'fast-check';

/** A text cut at places that lie within it. */
export const cut = (text: string, places: readonly number[]): readonly string[] => {
  const ends = [...new Set(places.map((place) => Math.min(place, text.length)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, i) => text.slice(ends[i - 1] ?? 0, end));
};
export const cutPlaces = fc.array(fc.nat({ max: 400 }), { maxLength: 40 });
