import { generateKey, keyText, SCOPES } from '../access-key.ts';
import type { GuardedRoute } from '../access.gate.ts';
import type { ApiKeys } from '../api-keys.ts';
import type { HostedApp } from '../app.ts';

export type RouteAccess = Readonly<{ route: string; access: string; problems: readonly string[] }>;

const callable = (url: string) => url.replaceAll(/:(\w+)(\([^)]*\))?\??/g, 'x').replaceAll('*', 'x');
const named = ({ access }: GuardedRoute) => (access === 'open' ? 'open' : access.join(' or '));

/**
 * Calls every route of an app without a key, with things that are no key, with an unknown one, and with one that has every scope but the
 * right ones, and tells what came back other than 401, 401, 401 and 403. An open route must let all in.
 *
 *     const routes = await routeAccess(hosted, keys);
 *     expect(routes.flatMap(({ problems }) => problems)).toEqual([]);
 *     expect(routes.filter(({ access }) => access === 'open').map(({ route }) => route)).toEqual(['GET /health', …]);
 */
export const routeAccess = async (hosted: Pick<HostedApp, 'app' | 'gate'>, keys: Pick<ApiKeys, 'create'>): Promise<readonly RouteAccess[]> => {
  const found: RouteAccess[] = [];
  for (const route of hosted.gate.routes()) {
    const problems: string[] = [];
    const call = async (how: string, authorization: string | undefined, expected: number) => {
      const answer = await hosted.app.inject({ method: route.method as 'GET', url: callable(route.url), headers: authorization === undefined ? {} : { authorization } });
      const wrong = route.access === 'open' ? [401, 403].includes(answer.statusCode) : answer.statusCode !== expected;
      if (wrong) problems.push(`${route.method} ${route.url} ${how}: ${answer.statusCode}`);
    };
    await call('without a key', undefined, 401);
    await call('with no key in the header', 'Bearer tp_nothing', 401);
    await call('with an unknown key', `Bearer ${keyText(generateKey())}`, 401);
    const wrongScopes = SCOPES.filter((scope) => route.access === 'open' || !route.access.includes(scope));
    if (wrongScopes.length > 0) {
      const { key } = await keys.create({ name: 'wrong-scope', scopes: wrongScopes });
      await call('with the wrong scope, as Bearer', `Bearer ${key}`, 403);
      await call('with the wrong scope, as Basic', `Basic ${Buffer.from(`${key}:`).toString('base64')}`, 403);
    }
    found.push({ route: `${route.method} ${route.url}`, access: named(route), problems });
  }
  return found;
};
