import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { keyFromHeader, type Caller, type Scope } from './access-key.ts';
import type { ApiKeys } from './api-keys.ts';
import { forbidden, unauthorized } from './problem.ts';

/** Who may call a route: anybody, or a key with one of these scopes. */
export type Access = 'open' | readonly Scope[];
export type GuardedRoute = Readonly<{ method: string; url: string; access: Access }>;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** The key that the request was let in by; null on open routes. */
    caller: Caller | null;
  }
}

type Target = { prototype?: object };

/** On a method it holds for that route; on a controller for each of its routes that says nothing itself. */
const declare = (access: Access) => (target: object, name?: string | symbol, descriptor?: PropertyDescriptor): void => {
  if (descriptor) {
    const before = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value) as object | undefined;
    RouteConfig({ ...before, access })(target, name!, descriptor);
    return;
  }
  const prototype = (target as Target).prototype ?? {};
  for (const [method, own] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (method === 'constructor' || typeof own.value !== 'function') continue;
    const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, own.value) as { access?: Access } | undefined;
    if (config?.access === undefined) declare(access)(prototype, method, own);
  }
};

/** The route asks for an API key that has one of these scopes. A route that says neither this nor `@Open()` is refused at start. */
export const Scopes = (...scopes: [Scope, ...Scope[]]) => declare(Object.freeze(scopes));
/** Anybody may call the route. */
export const Open = () => declare('open');
/** The key that the request was let in by: `handle(@CurrentCaller() caller: Caller)`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().caller);

export type Gate = Readonly<{
  /** Every route of the server, those that no controller made too (HEAD, documentation pages). */
  routes(): readonly GuardedRoute[];
  /** Throws where a route says nothing of its access, or asks for scopes while there are no API keys to look at. */
  close(keys: ApiKeys | undefined): void;
}>;

const under = (url: string, path: string) => url === path || url.startsWith(`${path}/`);

/**
 * The gate before every route, in Fastify's `onRequest`: nothing of a body is read before the key was proved, and a route that came
 * past Nest (a plugin's) stands behind it too. `openPaths` opens such routes, with all below them.
 */
export const installGate = (server: FastifyInstance, openPaths: readonly string[] = []): Gate => {
  const routes: GuardedRoute[] = [];
  const undeclared: string[] = [];
  let keys: ApiKeys | undefined;

  server.addHook('onRoute', (route) => {
    const access = route.config?.access ?? (openPaths.some((path) => under(route.url, path)) ? 'open' : undefined);
    for (const method of [route.method].flat()) {
      if (access === undefined) undeclared.push(`${method} ${route.url}`);
      else routes.push({ method, url: route.url, access });
    }
    if (access !== undefined) route.config = { ...route.config, access };
  });

  server.decorateRequest('caller', null);
  server.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const access = request.routeOptions.config.access;
    if (access === 'open') return;
    const presented = keyFromHeader(request.headers.authorization);
    const caller = presented && keys ? await keys.verify(presented) : null;
    if (caller === null) throw unauthorized();
    if (!access?.some((scope) => caller.scopes.includes(scope))) throw forbidden(access ?? []);
    request.caller = caller;
  });

  return {
    routes: () => routes,
    close: (apiKeys) => {
      if (undeclared.length > 0) throw new Error(`these routes say neither @Scopes(…) nor @Open(): ${undeclared.join(', ')}`);
      if (!apiKeys && routes.some(({ access }) => access !== 'open')) throw new Error('there are routes that ask for scopes, but nothing provides API_KEYS');
      keys = apiKeys;
    },
  };
};
