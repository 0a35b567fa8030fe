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
  /** The same as the bundle, in PKCS #12. */
  readonly forJava: string;
}

/** What this machine is called, as `NO_PROXY` has it. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'] as const;

/**
 * What curl, git, Python, Go, Java, Node and the AWS CLI look at. Most read a proxy's variable in one case only, and differ
 * in which; each has its own for certificates.
 * @param env what the command would have without a proxy.
 */
export function proxyVariables(
  proxy: ProxyForCommand,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
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
    JAVA_TOOL_OPTIONS: [env.JAVA_TOOL_OPTIONS, ...javaOptions(proxy)].filter(Boolean).join(' '),
  };
}

/** Java's own names for all that, and no token: its clients show one only when a program has been written to do so. */
function javaOptions({ port, forJava, ownHosts }: ProxyForCommand): string[] {
  const addresses = ['http', 'https'].flatMap((scheme) => [
    `-D${scheme}.proxyHost=127.0.0.1`,
    `-D${scheme}.proxyPort=${port}`,
  ]);
  const isForLoopback = LOOPBACK.some((name) => ownHosts.has(name));
  return [
    ...addresses,
    // Java asks this machine directly, and adds that to any other list but an empty one.
    ...(isForLoopback ? ['-Dhttp.nonProxyHosts='] : []),
    `'-Djavax.net.ssl.trustStore=${forJava}'`,
    '-Djavax.net.ssl.trustStoreType=PKCS12',
  ];
}
