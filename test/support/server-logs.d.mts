export const SHORTEST_SECRET_CHARS: number;
export function keepServerOutput(name: string, text: string): void;
export function rememberSecret(meaning: string, value: string): void;
export function findLeaks(folder: string): string[];
