/**
 * The identity of a PostgreSQL server that speaks TLS. The driver leaves the check to Node, and gives it no name for a
 * server that is named by its IP address: then Node would check the certificate for `localhost`.
 */

import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { Options, Sql } from 'postgres';

/** What the driver takes as `ssl`: whether and how to speak TLS, or options for Node. */
type Tls = NonNullable<Options<Record<string, never>>['ssl']>;

/** Modes that accept any certificate. */
const UNCHECKED = ['require', 'allow', 'prefer'];

/** The `ssl` to give to the driver, from the options that it reads out of an address. */
export function tlsFor({ ssl = false, host: hosts }: Pick<Sql['options'], 'ssl' | 'host'>): Tls {
  if (typeof ssl !== 'string' || UNCHECKED.includes(ssl)) return ssl;
  const check = (name: string, certificate: PeerCertificate) => identityOf(name, certificate, hosts);
  return { checkServerIdentity: check };
}

function identityOf(name: string, certificate: PeerCertificate, hosts: readonly string[]): Error | undefined {
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  const names = hosts.includes(name) || addresses.length === 0 ? [name] : addresses;
  const errors = names.map((one) => checkServerIdentity(one, certificate));
  return errors.includes(undefined) ? undefined : errors[0];
}
