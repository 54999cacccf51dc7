/** A name of ours as Postgres has it: `placedAt` is placed_at, `app-usage` is app_usage. */
export const snake = (name: string): string => name.replaceAll('-', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const quoted = (name: string): string => `"${snake(name)}"`;
