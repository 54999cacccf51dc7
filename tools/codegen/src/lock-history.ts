import { execFileSync } from 'node:child_process';

const git = (root: string, ...args: readonly string[]): string | undefined => {
  try {
    return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 });
  } catch {
    return undefined;
  }
};

/** How many commits are looked at: the newest that changed the lock. */
const DEPTH = 200;

/**
 * A file as it was at each commit that changed it.
 * @returns undefined where there is nothing to compare with: no git, or no commit yet
 */
export const historyOf = (root: string, path: string): readonly string[] | undefined => {
  if (git(root, 'rev-parse', '--verify', 'HEAD') === undefined) return undefined;
  const commits = git(root, 'log', `-${DEPTH}`, '--format=%H', 'HEAD', '--', path)?.split('\n').filter(Boolean) ?? [];
  return commits.map((commit) => git(root, 'show', `${commit}:${path}`)).filter((text) => text !== undefined);
};
