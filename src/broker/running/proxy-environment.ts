/** The variables by which programs are told of a proxy, and whom to trust. */

/** What a command is told. */
export interface ProxyForCommand {
  readonly port: number;
  readonly token: string;
  /** Names or addresses of this machine that the proxy is for too; all others are asked directly. */
  readonly ownHosts: ReadonlySet<string>;
  /** A file with all authorities, that of the proxy too, in PEM. */
  readonly bundle: string;
  /** A file with that of the proxy, and those that Node was to trust besides its own. */
  readonly forNode: string;
}

/** What this machine is called, as `NO_PROXY` has it. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'] as const;

/**
 * What curl, git, Python, Go, Node and the AWS CLI look at. Most read a proxy's variable in one case only, and differ in
 * which; each has its own for certificates.
 */
export function proxyVariables(proxy: ProxyForCommand): Record<string, string> {
  const { port, token, ownHosts, bundle, forNode } = proxy;
  const url = `http://zephr:${token}@127.0.0.1:${port}`;
  const direct = LOOPBACK.filter((name) => !ownHosts.has(name)).join(',');
  return {
    HTTPS_PROXY: url,
    https_proxy: url,
    HTTP_PROXY: url,
    http_proxy: url,
    NO_PROXY: direct,
    no_proxy: direct,
    // OpenSSL, and with it Python's ssl and Ruby; Go.
    SSL_CERT_FILE: bundle,
    CURL_CA_BUNDLE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    AWS_CA_BUNDLE: bundle,
    NODE_EXTRA_CA_CERTS: forNode,
    // Without it Node looks at none of the variables of a proxy (22.21, and from 24.5 on).
    NODE_USE_ENV_PROXY: '1',
  };
}
