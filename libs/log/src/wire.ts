/** Confluent's wire format: a zero byte, the schema id (4 bytes, big endian), the Avro body. */
const HEAD = 5;

export const frame = (schemaId: number, body: Uint8Array): Buffer => {
  const value = Buffer.allocUnsafe(HEAD + body.length);
  value[0] = 0;
  value.writeUInt32BE(schemaId, 1);
  value.set(body, HEAD);
  return value;
};

/** @returns undefined when the value is not in the wire format. */
export const unframe = (value: Buffer): { schemaId: number; body: Buffer } | undefined =>
  value.length < HEAD || value[0] !== 0 ? undefined : { schemaId: value.readUInt32BE(1), body: value.subarray(HEAD) };
