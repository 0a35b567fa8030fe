/**
 * How often a caller may create (core/protocol/PROTOCOL.md section 6). Minutes, days and months are those of the
 * calendar in UTC, the same for every caller, so that it is known in advance when a quota begins anew.
 */

import { type Creates, TIERS } from '../../core/protocol/limits.js';
import { inWords } from '../../core/waiting-time.js';
import type { ApiKey } from '../store/contracts/keys.js';
import type { Quota, QuotaStore } from '../store/contracts/quotas.js';
import type { Caller } from './callers.js';
import { ServiceError, type ServiceErrorCode } from './service-error.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A quota and the period that it is for. */
export interface CreateQuota extends Quota {
  readonly per: Creates['per'];
}

/** The quota that a create of this caller at `now` (milliseconds since 1970) counts against; `null` for none. */
export function quotaOf(
  { name, limits: { creates } }: Pick<Caller, 'name' | 'limits'>,
  now: number,
): CreateQuota | null {
  if (creates === null) return null;
  const { count, per } = creates;
  // The counter names the period, because a minute and a day, or a day and a month, can end together.
  return { counter: `${name} ${per}`, limit: count, endsAt: END_OF[per](now), per };
}

/** A quota of nothing: with it a create that is repeated is still answered, and no other. */
export function noneOf({ name }: Pick<Caller, 'name'>, now: number): Quota {
  return { counter: `${name} none`, limit: 0, endsAt: now };
}

/** A quota and how much of it is used. */
export interface Usage extends CreateQuota {
  readonly used: number;
}

/** How much each of `keys` has used at `now` of what its tier may create; `null` where that is any number. */
export async function usageOf(
  store: QuotaStore,
  keys: readonly ApiKey[],
  now: number,
): Promise<(Usage | null)[]> {
  const quotas = keys.map(({ id, tier }) => quotaOf({ name: id, limits: TIERS[tier] }, now));
  const ends = new Set(quotas.flatMap((quota) => quota?.endsAt ?? []));
  const counts = new Map(
    await Promise.all([...ends].map(async (endsAt) => [endsAt, await store.usage(endsAt)] as const)),
  );
  return quotas.map(
    (quota) => quota && { ...quota, used: counts.get(quota.endsAt)?.get(quota.counter) ?? 0 },
  );
}

/** The error for a create at `now` (milliseconds since 1970) when a quota is used up. */
export function limitReached(quota: CreateQuota | null, now: number): ServiceError {
  if (quota === null) throw new Error('a create without a quota was limited');
  const { limit, endsAt, per } = quota;
  const { code, message } = LIMIT_ERRORS[per];
  const waitMs = endsAt - now;
  return new ServiceError(code, `${message(limit)}: try again ${inWords(waitMs / 1000)}`, { waitMs });
}

/** When the minute, day or month of a time ends. */
const END_OF: Readonly<Record<Creates['per'], (now: number) => number>> = {
  minute: (now) => periodEnd(now, MINUTE_MS),
  day: (now) => periodEnd(now, DAY_MS),
  month: (now) => Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth() + 1),
};

/** When the minute, hour or day of a time ends: a period of so many milliseconds. */
export function periodEnd(now: number, periodMs: number): number {
  return (Math.floor(now / periodMs) + 1) * periodMs;
}

interface LimitError {
  readonly code: ServiceErrorCode;
  readonly message: (count: number) => string;
}

const LIMIT_ERRORS: Readonly<Record<Creates['per'], LimitError>> = {
  minute: {
    code: 'RATE_LIMIT_EXCEEDED',
    message: (count) => `an address without an API key creates at most ${count} secrets a minute`,
  },
  day: {
    code: 'ANON_RATE_LIMIT_EXCEEDED',
    message: (count) => `without an API key ${count} secrets a day are allowed, and they are used up`,
  },
  month: {
    code: 'MONTHLY_LIMIT_EXCEEDED',
    message: (count) => `the ${count} secrets a month of this API key are used up`,
  },
};
