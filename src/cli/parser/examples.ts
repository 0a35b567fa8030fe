/** How each command is used, by the path that is typed: help and man page show them. */

export const EXAMPLES: Readonly<Record<string, readonly (readonly [command: string, note: string])[]>> = {
  zephr: [
    ['printf %s "$PASSWORD" | zephr', 'a link, readable once'],
    ['zephr get < link', 'the secret, on stdout'],
    ['tar cz conf | zephr --split', 'URL and key, for two channels'],
  ],
  'zephr get': [
    ['zephr get < link > secret', 'the exact bytes'],
    ['zephr get "$URL" --key-file key -o conf.tgz', 'a split pair, into a file'],
  ],
  'zephr status': [['zephr status < link', 'waiting, read, expired or revoked']],
  'zephr revoke': [['zephr revoke < link', 'nobody can read it any more']],
  'zephr serve': [
    ['zephr serve', 'http://127.0.0.1:8787'],
    ['zephr serve --store /var/lib/zephr/zephr.db', 'behind a proxy that speaks TLS'],
  ],
  'zephr keys': [
    ['zephr keys new --tier pro --name ci', 'the key, this once'],
    ['zephr keys ls', 'which there are'],
  ],
  'zephr keys new': [['zephr keys new --tier pro --name ci > key', 'for ZEPHR_API_KEY_FILE']],
  'zephr keys ls': [['zephr keys ls --json', 'for a script']],
  'zephr keys revoke': [['zephr keys revoke ci', 'by its name, or by its id']],
  'zephr config': [
    ['zephr config set server https://host', 'use your own server'],
    ['zephr config ls', 'what is set'],
  ],
  'zephr config get': [
    ['zephr config get server', ''],
    ['zephr config get apiKey > file', 'whole: only a terminal gets it masked'],
  ],
  'zephr config set': [
    ['zephr config set expiry 1d', ''],
    ['zephr config set apiKey < file', 'or without < file, to be asked for it'],
  ],
  'zephr config unset': [['zephr config unset apiKey', '']],
  'zephr config ls': [['zephr config ls', 'the API key is masked']],
  'zephr config path': [['cat "$(zephr config path)"', '']],
  'zephr doctor': [
    ['zephr doctor', 'your server, with your API key'],
    ['zephr doctor --server https://host --json', 'another, for a script'],
  ],
  'zephr completion': [
    ['eval "$(zephr completion bash)"', 'in ~/.bashrc; zsh alike'],
    ['zephr completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  'zephr help': [['zephr help config set', '']],
};
