/** `zephr serve` and a PostgreSQL that speaks TLS: whom it trusts, and what it says when it does not. */

import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Cluster, startCluster, withoutCluster } from '../support/postgres-cluster.js';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

/** Tries to serve, which shall fail. */
async function refusal(store: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const session = openSession({ ZEPHR_SERVE_STORE: store, ...env });
  const { code, stdout, stderr } = await session.sh('zephr serve --port 0');
  expect(stdout).toBe('');
  return `${code} ${stderr}`;
}

/** Serves, and gives how many of its sessions are secure. */
async function secured({ address }: Cluster, store: string, env: NodeJS.ProcessEnv): Promise<boolean[]> {
  const server = await startServerProcess({ store, env });
  onTestFinished(async () => void (await server.stop('SIGKILL')));
  expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
  const sql = postgres(address, { max: 1 });
  const rows = await sql<{ ssl: boolean }[]>`
    SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'zephr'`;
  await sql.end();
  return rows.map(({ ssl }) => ssl);
}

describe.skipIf(withoutCluster)(`zephr serve and a PostgreSQL with TLS${withoutCluster}`, () => {
  it('trusts a certificate for the address, by an authority it knows, and nothing else', async () => {
    const cluster = await startCluster({ secure: true });
    const trusting = { NODE_EXTRA_CA_CERTS: cluster.certificate };
    const store = `${cluster.address}?sslmode=verify-full`;
    expect(await secured(cluster, store, trusting)).toContain(true);
    const untrusted = 'shows a certificate that is not trusted';
    expect(await refusal(store)).toMatch(/^2 /);
    expect(await refusal(store)).toContain(untrusted);
    const otherName = store.replace('127.0.0.1', 'localhost');
    expect(await refusal(otherName, trusting)).toContain('shows a certificate for another name');
    // As libpq does, so that a plain connection is not what one gets for asking in the usual way.
    expect(await refusal(cluster.address, { PGSSLMODE: 'verify-full' })).toContain(untrusted);
    expect(await secured(cluster, cluster.address, { PGSSLMODE: 'require' })).not.toContain(false);
  });

  it('does without TLS only where nobody asked for it', async () => {
    const cluster = await startCluster();
    for (const mode of ['require', 'verify-full']) {
      const words = await refusal(`${cluster.address}?sslmode=${mode}`);
      expect(words).toContain('went away when it was asked for TLS');
      expect(words).toMatch(/^8 /);
    }
  });
});
