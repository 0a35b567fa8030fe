/** Options that say what may be done with a secret, and until when. */

import { parseBoundHost, parseMethod, parseSlotName } from '../../../vault/policy.js';
import type { Policy } from '../../../vault/records.js';
import { usageError } from '../../exit/cli-error.js';
import type { PolicyFlags } from '../../vault/flags.js';

/**
 * The policy that the options say; null where there are none.
 * @throws CliError exit 2; ValidationError `INVALID_BINDING`.
 */
export function policyOf({ host, as, methods, approve, run }: PolicyFlags): Policy | null {
  if (host === undefined) {
    const others = [as, methods, approve, run].some((flag) => flag !== undefined);
    if (others)
      throw usageError('--as, --methods, --approve and --run are of a bound secret', 'name its --host');
    return null;
  }
  return {
    hosts: listOf(host).map(parseBoundHost),
    ...(as === undefined ? {} : { as: parseSlotName(as) }),
    ...(methods === undefined ? {} : { methods: listOf(methods).map(parseMethod) }),
    ...(approve ? { approve } : {}),
    ...(run ? { run } : {}),
  };
}

/** A policy in words, as lists show it. */
export function policyInWords({ hosts = [], as, methods, approve, run }: Policy): string {
  if (hosts.length === 0) return 'for processes';
  const parts = [
    hosts.join(','),
    as,
    methods?.join(','),
    approve ? 'asks' : undefined,
    run ? 'and processes' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}

function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
