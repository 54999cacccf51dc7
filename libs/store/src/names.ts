/** A name of ours as Postgres has it: `placedAt` is placed_at. */
export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const quoted = (name: string): string => `"${snake(name)}"`;
