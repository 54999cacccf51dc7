import type { KafkaConfig } from 'kafkajs';
import { untrusted } from '@touchpoint/host';
import { transient } from '@touchpoint/kernel';

/** How the brokers are spoken with, besides where they are: of the block `kafka`. */
export type KafkaAccess = Readonly<{
  KAFKA_TLS: boolean;
  KAFKA_CA_FILE?: string | undefined;
  KAFKA_SASL_MECHANISM: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  KAFKA_USERNAME?: string | undefined;
  KAFKA_PASSWORD?: string | undefined;
}>;

/** What kafkajs is told of it. `loadConfig` has seen to it that there is no user without a password. */
export const securityOf = ({ KAFKA_TLS, KAFKA_CA_FILE: ca, KAFKA_SASL_MECHANISM: mechanism, KAFKA_USERNAME: username, KAFKA_PASSWORD: password }: KafkaAccess): Pick<KafkaConfig, 'ssl' | 'sasl'> => ({
  ...(ca !== undefined ? { ssl: { ca: [ca] } } : KAFKA_TLS && { ssl: true }),
  ...(username !== undefined && password !== undefined && { sasl: { mechanism, username, password } as NonNullable<KafkaConfig['sasl']> }),
});

/** kafkajs throws this too when a broker wants a password and was shown none: it ends the connection at the first request. */
const CLOSED = /Closed connection|Connection closed by the server|socket disconnected before secure TLS/i;
const REFUSED = 'KafkaJSSASLAuthenticationError';
type Loose = Error & { originalError?: Loose };

/** An error of the first contact with the brokers, with what to do about it where that is the configuration's matter. */
export const kafkaFailure = (error: unknown): unknown => {
  const { name, message, originalError, cause } = error as Loose;
  const inner = originalError ?? (cause as Error | undefined);
  const why = untrusted(error);
  if (why) return transient('KAFKA.UNTRUSTED', `the brokers' certificate is not taken (${why}): set KAFKA_CA_FILE to the CA that signed it, and name the brokers in KAFKA_BROKERS as their certificate does`, error);
  if (name === REFUSED || inner?.name === REFUSED) return transient('KAFKA.REFUSED', 'the brokers refuse us: check KAFKA_USERNAME, KAFKA_PASSWORD and KAFKA_SASL_MECHANISM', error);
  if (CLOSED.test(message) || CLOSED.test(inner?.message ?? ''))
    return transient('KAFKA.CLOSED', 'the brokers close the connection: they may want TLS (KAFKA_TLS, KAFKA_CA_FILE) or a password (KAFKA_USERNAME, KAFKA_PASSWORD), or want neither', error);
  return error;
};
