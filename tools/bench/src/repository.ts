import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
/** Where results lie, and the data of a run while it lasts. */
export const benchDir = join(repositoryRoot, '.bench');

/** Whether this checkout has an app that can run. */
export const hasApp = (app: string): boolean => existsSync(join(repositoryRoot, 'apps', app, 'src/main.ts'));
export const missingApps = (apps: readonly string[]): readonly string[] => apps.filter((app) => !hasApp(app));

/** Code of an app. Apps export nothing to others, so it is found by its file name, and its shape is what the caller says that it needs of it. */
export const fromApp = (app: string, file: string): Promise<unknown> => import(pathToFileURL(join(repositoryRoot, 'apps', app, 'src', file)).href);
