/** Of a statement its verb, its table, and whether it locks. */
export function shortened(sql) {
  const [verb = ''] = /^\w+/.exec(sql) ?? [];
  const [, table = ''] = /(?:FROM|INTO|UPDATE) [`"]?(\w+)/.exec(sql) ?? [];
  return [verb, table, sql.includes('FOR UPDATE') ? 'FOR UPDATE' : ''].filter(Boolean).join(' ');
}
