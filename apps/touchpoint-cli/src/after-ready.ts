import { userInfo } from 'node:os';
import type { AfterReady } from './system/system.ts';

/** What `touchpoint up` does once all apps are ready, in order. */
export const afterReady: readonly AfterReady[] = [
  { part: 'read models', run: async (system) => (await import('./operations/rebuild-changed.ts')).rebuildChanged(system) },
  {
    part: 'journeys',
    run: async ({ connections, topicPrefix }) => {
      const { applyJourneys } = await import('./journeys/apply.ts');
      return applyJourneys({ ...connections, topicPrefix }, { by: userInfo().username, note: null }).catch((error: unknown) => {
        // Whoever is to restore needs operations-api: the system comes up, and its workers wait.
        if ((error as { code?: unknown }).code === 'STORE.RESTORE_NEEDED') return (error as Error).message;
        throw error;
      });
    },
  },
];
