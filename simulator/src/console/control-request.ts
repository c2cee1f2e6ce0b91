import type { Request } from 'express';
import { ControlFault } from './control-payment.js';
import { numberOf } from '../parameters.js';
import { PAGE_LIMIT } from '../payment/payment-store.js';

export function pageNumber(value: unknown, fallback: number, max: number): number {
  const number = numberOf(value) ?? fallback;
  if (!Number.isSafeInteger(number) || number < 1 || number > max) {
    throw new ControlFault(400, `page and limit are whole numbers from 1; limit at most ${PAGE_LIMIT}`);
  }
  return number;
}

export function recordOf(value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ControlFault(400, 'a JSON object is needed');
  }
  return value as Record<string, unknown>;
}

/** As the caller reached us, so that links work from a phone as well. */
export function originOf(req: Request): string {
  return `${req.protocol}://${req.get('host') ?? 'localhost'}`;
}
