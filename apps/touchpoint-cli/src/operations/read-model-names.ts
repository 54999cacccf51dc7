/** Every read model. Loaded when it is asked for: `--help` needs none. */
export const modelNames = async (): Promise<readonly string[]> => (await import('@touchpoint/profile')).projections.map(({ name }) => name);
