export * from './erasing.ts';
export { masterKeyOf, type MasterKey, type MasterKeys } from './master-key.ts';
export * from './migrations.ts';
export * from './source-key.ts';
export { Vault, type DataKey, type VaultOptions } from './vault.ts';
