import type { PgRules } from '../src/gateway/pg-rules.js';

export function pgRulesPage(language: 'ko' | 'en', table: readonly PgRules[]): string;
