export * from './erasing.ts';
export { masterKeyOf, masterKeysOf, type MasterKey, type MasterKeyConfig, type MasterKeys } from './master-key.ts';
export * from './migrations.ts';
export * from './rotation.ts';
export * from './signed-document.ts';
export { publicSigningKey, signingKey } from './signing-key.ts';
export * from './source-key.ts';
export { Vault, type DataKey, type VaultOptions } from './vault.ts';
