export function shortened(sql: string): string;
