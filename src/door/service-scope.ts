/** What a service may be allowed to do with the points of others. In the order in which they are listed. */
export const SERVICE_SCOPES = ['spend', 'grant', 'read'] as const;

export type ServiceScope = (typeof SERVICE_SCOPES)[number];

export function isServiceScope(text: string): text is ServiceScope {
  return SERVICE_SCOPES.some((scope) => scope === text);
}
