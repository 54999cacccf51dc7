import type { Sealed } from '@touchpoint/kernel';

/** How a sealed value stands inside a JSON column. */
export const base64Of = (sealed: Sealed): string => Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString('base64');
export const sealedOf = (base64: string): Sealed => new Uint8Array(Buffer.from(base64, 'base64')) as Sealed;
