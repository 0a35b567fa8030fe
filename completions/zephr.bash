# bash completion for zephr. Made by .scripts/completions.ts from the command tree: change that.

_zephr_words() {
  COMPREPLY=($(compgen -W "$*" -- "$cur"))
}

_zephr_files() {
  local name
  cur=${cur#[\"\']}
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$cur")
  compopt -o filenames 2> /dev/null
}

_zephr() {
  local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local command=zephr position=0 value= word i
  local everywhere='--server --config --ca-file --json -q --quiet --no-color --timeout -V --version -h --help'
  COMPREPLY=()

  # "--option=value" comes as three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $value ]]; then
      [[ $word == = ]] || value=
      continue
    fi
    case $command:$word in
      zephr:-a | zephr:--attach) value=1 ;;
      zephr:-e | zephr:--expiry) value=1 ;;
      zephr:-H | zephr:--hint) value=1 ;;
      zephr:--passphrase-file) value=1 ;;
      zephr:--views) value=1 ;;
      zephr:--name) value=1 ;;
      zephr:--message) value=1 ;;
      zephr:--callback-url) value=1 ;;
      zephr:--callback-secret-file) value=1 ;;
      zephr:--memo) value=1 ;;
      zephr:--for) value=1 ;;
      zephr:--link) value=1 ;;
      zephr:--allow-ip) value=1 ;;
      zephr:--allow-country) value=1 ;;
      zephr:--not-before) value=1 ;;
      'zephr create:-a' | 'zephr create:--attach') value=1 ;;
      'zephr create:-e' | 'zephr create:--expiry') value=1 ;;
      'zephr create:-H' | 'zephr create:--hint') value=1 ;;
      'zephr create:--passphrase-file') value=1 ;;
      'zephr create:--views') value=1 ;;
      'zephr create:--name') value=1 ;;
      'zephr create:--message') value=1 ;;
      'zephr create:--callback-url') value=1 ;;
      'zephr create:--callback-secret-file') value=1 ;;
      'zephr create:--memo') value=1 ;;
      'zephr create:--for') value=1 ;;
      'zephr create:--link') value=1 ;;
      'zephr create:--allow-ip') value=1 ;;
      'zephr create:--allow-country') value=1 ;;
      'zephr create:--not-before') value=1 ;;
      'zephr get:-k' | 'zephr get:--key') value=1 ;;
      'zephr get:--key-file') value=1 ;;
      'zephr get:--url') value=1 ;;
      'zephr get:--passphrase-file') value=1 ;;
      'zephr get:-o' | 'zephr get:--output') value=1 ;;
      'zephr get:--for') value=1 ;;
      'zephr request:-m' | 'zephr request:--message') value=1 ;;
      'zephr request:--from') value=1 ;;
      'zephr request:-e' | 'zephr request:--expiry') value=1 ;;
      'zephr request:--secret-expiry') value=1 ;;
      'zephr request:--answers') value=1 ;;
      'zephr request:--views') value=1 ;;
      'zephr request:--callback-url') value=1 ;;
      'zephr request:--callback-secret-file') value=1 ;;
      'zephr request:--memo') value=1 ;;
      'zephr request:--for') value=1 ;;
      'zephr request:-o' | 'zephr request:--output') value=1 ;;
      'zephr request:--allow-ip') value=1 ;;
      'zephr request:--allow-country') value=1 ;;
      'zephr request:--not-before') value=1 ;;
      'zephr give:-a' | 'zephr give:--attach') value=1 ;;
      'zephr give:--name') value=1 ;;
      'zephr give:-m' | 'zephr give:--message') value=1 ;;
      'zephr give:--memo') value=1 ;;
      'zephr ls:--state') value=1 ;;
      'zephr ls:--since') value=1 ;;
      'zephr ls:-n' | 'zephr ls:--count') value=1 ;;
      'zephr ls:--after') value=1 ;;
      'zephr ls:--search') value=1 ;;
      'zephr status:-k' | 'zephr status:--key') value=1 ;;
      'zephr status:--key-file') value=1 ;;
      'zephr status:--url') value=1 ;;
      'zephr status:--passphrase-file') value=1 ;;
      'zephr status:--is') value=1 ;;
      'zephr status:--for') value=1 ;;
      'zephr revoke:-k' | 'zephr revoke:--key') value=1 ;;
      'zephr revoke:--key-file') value=1 ;;
      'zephr revoke:--url') value=1 ;;
      'zephr revoke:--passphrase-file') value=1 ;;
      'zephr vault set:--host') value=1 ;;
      'zephr vault set:--as') value=1 ;;
      'zephr vault set:--methods') value=1 ;;
      'zephr vault set:-P' | 'zephr vault set:--project') value=1 ;;
      'zephr vault set:-E' | 'zephr vault set:--environment') value=1 ;;
      'zephr vault set:--vault-key-file') value=1 ;;
      'zephr vault set:--expires') value=1 ;;
      'zephr vault import:-P' | 'zephr vault import:--project') value=1 ;;
      'zephr vault import:-E' | 'zephr vault import:--environment') value=1 ;;
      'zephr vault import:--vault-key-file') value=1 ;;
      'zephr vault cp:-P' | 'zephr vault cp:--project') value=1 ;;
      'zephr vault cp:-E' | 'zephr vault cp:--environment') value=1 ;;
      'zephr vault cp:--vault-key-file') value=1 ;;
      'zephr vault cp:--to-project') value=1 ;;
      'zephr vault cp:--to-environment') value=1 ;;
      'zephr vault rm:-P' | 'zephr vault rm:--project') value=1 ;;
      'zephr vault rm:-E' | 'zephr vault rm:--environment') value=1 ;;
      'zephr vault rm:--vault-key-file') value=1 ;;
      'zephr vault bind:--host') value=1 ;;
      'zephr vault bind:--as') value=1 ;;
      'zephr vault bind:--methods') value=1 ;;
      'zephr vault bind:-P' | 'zephr vault bind:--project') value=1 ;;
      'zephr vault bind:-E' | 'zephr vault bind:--environment') value=1 ;;
      'zephr vault bind:--vault-key-file') value=1 ;;
      'zephr vault ls:-P' | 'zephr vault ls:--project') value=1 ;;
      'zephr vault ls:-E' | 'zephr vault ls:--environment') value=1 ;;
      'zephr vault ls:--vault-key-file') value=1 ;;
      'zephr vault diff:--vault-key-file') value=1 ;;
      'zephr vault diff:-P' | 'zephr vault diff:--project') value=1 ;;
      'zephr vault diff:-E' | 'zephr vault diff:--environment') value=1 ;;
      'zephr vault status:-P' | 'zephr vault status:--project') value=1 ;;
      'zephr vault status:-E' | 'zephr vault status:--environment') value=1 ;;
      'zephr vault status:--vault-key-file') value=1 ;;
      'zephr vault reveal:-P' | 'zephr vault reveal:--project') value=1 ;;
      'zephr vault reveal:-E' | 'zephr vault reveal:--environment') value=1 ;;
      'zephr vault reveal:--vault-key-file') value=1 ;;
      'zephr vault unlock:--vault-key-file') value=1 ;;
      'zephr vault unlock:--ttl') value=1 ;;
      'zephr vault lock:--vault-key-file') value=1 ;;
      'zephr vault trust:--vault-key-file') value=1 ;;
      'zephr vault log:--last') value=1 ;;
      'zephr vault log:--secret') value=1 ;;
      'zephr vault log:--agent') value=1 ;;
      'zephr vault log:--since') value=1 ;;
      'zephr run:-P' | 'zephr run:--project') value=1 ;;
      'zephr run:-E' | 'zephr run:--environment') value=1 ;;
      'zephr run:--vault-key-file') value=1 ;;
      'zephr run:--only') value=1 ;;
      'zephr run:--var') value=1 ;;
      'zephr run:--file') value=1 ;;
      'zephr run:--mask') value=1 ;;
      'zephr run:--egress') value=1 ;;
      'zephr call:-P' | 'zephr call:--project') value=1 ;;
      'zephr call:-E' | 'zephr call:--environment') value=1 ;;
      'zephr call:--vault-key-file') value=1 ;;
      'zephr call:-X' | 'zephr call:--request') value=1 ;;
      'zephr call:-d' | 'zephr call:--data') value=1 ;;
      'zephr call:-H' | 'zephr call:--add-header') value=1 ;;
      'zephr call:--bearer') value=1 ;;
      'zephr call:--basic') value=1 ;;
      'zephr call:--header') value=1 ;;
      'zephr call:--query') value=1 ;;
      'zephr call:--body-field') value=1 ;;
      'zephr call:--form-field') value=1 ;;
      'zephr call:-o' | 'zephr call:--output') value=1 ;;
      'zephr call:--agent') value=1 ;;
      'zephr proxy start:-P' | 'zephr proxy start:--project') value=1 ;;
      'zephr proxy start:-E' | 'zephr proxy start:--environment') value=1 ;;
      'zephr proxy start:--vault-key-file') value=1 ;;
      'zephr proxy start:--port') value=1 ;;
      'zephr proxy start:--ttl') value=1 ;;
      'zephr proxy start:--egress') value=1 ;;
      'zephr proxy stop:--port') value=1 ;;
      'zephr proxy status:--port') value=1 ;;
      'zephr proxy approve:--port') value=1 ;;
      'zephr proxy rotate:--port') value=1 ;;
      'zephr mcp:-P' | 'zephr mcp:--project') value=1 ;;
      'zephr mcp:-E' | 'zephr mcp:--environment') value=1 ;;
      'zephr mcp:--vault-key-file') value=1 ;;
      'zephr serve:--host') value=1 ;;
      'zephr serve:--port') value=1 ;;
      'zephr serve:--store') value=1 ;;
      'zephr serve:--access') value=1 ;;
      'zephr serve:--rate-limit') value=1 ;;
      'zephr serve:--max-expiry') value=1 ;;
      'zephr serve:--default-expiry') value=1 ;;
      'zephr serve:--trust-proxy') value=1 ;;
      'zephr serve:--base-url') value=1 ;;
      'zephr serve:--tls-cert') value=1 ;;
      'zephr serve:--tls-key') value=1 ;;
      'zephr serve:--max-connections') value=1 ;;
      'zephr serve:--max-connections-per-address') value=1 ;;
      'zephr serve:--max-memory') value=1 ;;
      'zephr serve:--max-upload') value=1 ;;
      'zephr serve:--max-stored') value=1 ;;
      'zephr serve:--max-stored-per-caller') value=1 ;;
      'zephr serve:--brand') value=1 ;;
      'zephr serve:--geoip') value=1 ;;
      'zephr keys new:--tier') value=1 ;;
      'zephr keys new:--name') value=1 ;;
      'zephr keys new:--store') value=1 ;;
      'zephr keys ls:--store') value=1 ;;
      'zephr keys revoke:--store') value=1 ;;
      'zephr doctor:--link') value=1 ;;
      *:--server) value=1 ;;
      *:--config) value=1 ;;
      *:--ca-file) value=1 ;;
      *:--timeout) value=1 ;;
      zephr:create) command='zephr create' position=0 ;;
      zephr:get | zephr:retrieve) command='zephr get' position=0 ;;
      zephr:request) command='zephr request' position=0 ;;
      zephr:give) command='zephr give' position=0 ;;
      zephr:ls) command='zephr ls' position=0 ;;
      zephr:status) command='zephr status' position=0 ;;
      zephr:revoke) command='zephr revoke' position=0 ;;
      zephr:stats) command='zephr stats' position=0 ;;
      zephr:vault) command='zephr vault' position=0 ;;
      zephr:run) command='zephr run' position=0 ;;
      zephr:call) command='zephr call' position=0 ;;
      zephr:proxy) command='zephr proxy' position=0 ;;
      zephr:mcp) command='zephr mcp' position=0 ;;
      zephr:serve) command='zephr serve' position=0 ;;
      zephr:keys) command='zephr keys' position=0 ;;
      zephr:config) command='zephr config' position=0 ;;
      zephr:doctor) command='zephr doctor' position=0 ;;
      zephr:completion) command='zephr completion' position=0 ;;
      zephr:help) command='zephr help' position=0 ;;
      'zephr vault:set') command='zephr vault set' position=0 ;;
      'zephr vault:import') command='zephr vault import' position=0 ;;
      'zephr vault:cp') command='zephr vault cp' position=0 ;;
      'zephr vault:rm') command='zephr vault rm' position=0 ;;
      'zephr vault:bind') command='zephr vault bind' position=0 ;;
      'zephr vault:ls') command='zephr vault ls' position=0 ;;
      'zephr vault:diff') command='zephr vault diff' position=0 ;;
      'zephr vault:status') command='zephr vault status' position=0 ;;
      'zephr vault:reveal') command='zephr vault reveal' position=0 ;;
      'zephr vault:unlock') command='zephr vault unlock' position=0 ;;
      'zephr vault:lock') command='zephr vault lock' position=0 ;;
      'zephr vault:trust') command='zephr vault trust' position=0 ;;
      'zephr vault:log') command='zephr vault log' position=0 ;;
      'zephr proxy:start') command='zephr proxy start' position=0 ;;
      'zephr proxy:stop') command='zephr proxy stop' position=0 ;;
      'zephr proxy:status') command='zephr proxy status' position=0 ;;
      'zephr proxy:approve') command='zephr proxy approve' position=0 ;;
      'zephr proxy:rotate') command='zephr proxy rotate' position=0 ;;
      'zephr keys:new') command='zephr keys new' position=0 ;;
      'zephr keys:ls') command='zephr keys ls' position=0 ;;
      'zephr keys:revoke') command='zephr keys revoke' position=0 ;;
      'zephr config:get') command='zephr config get' position=0 ;;
      'zephr config:set') command='zephr config set' position=0 ;;
      'zephr config:unset') command='zephr config unset' position=0 ;;
      'zephr config:ls') command='zephr config ls' position=0 ;;
      'zephr config:path') command='zephr config path' position=0 ;;
      *:-*) ;;
      *) ((position++)) ;;
    esac
  done

  case $command:$prev in
    zephr:-a | zephr:--attach) _zephr_files; return ;;
    zephr:-e | zephr:--expiry) _zephr_words 5m 1h 1d 7d 30d; return ;;
    zephr:-H | zephr:--hint) return ;;
    zephr:--passphrase-file) _zephr_files; return ;;
    zephr:--views) return ;;
    zephr:--name) return ;;
    zephr:--message) return ;;
    zephr:--callback-url) return ;;
    zephr:--callback-secret-file) _zephr_files; return ;;
    zephr:--memo) return ;;
    zephr:--for) _zephr_words 1m 10m 1h; return ;;
    zephr:--link) _zephr_words v1 v2; return ;;
    zephr:--allow-ip) return ;;
    zephr:--allow-country) return ;;
    zephr:--not-before) _zephr_words 1h 1d; return ;;
    'zephr create:-a' | 'zephr create:--attach') _zephr_files; return ;;
    'zephr create:-e' | 'zephr create:--expiry') _zephr_words 5m 1h 1d 7d 30d; return ;;
    'zephr create:-H' | 'zephr create:--hint') return ;;
    'zephr create:--passphrase-file') _zephr_files; return ;;
    'zephr create:--views') return ;;
    'zephr create:--name') return ;;
    'zephr create:--message') return ;;
    'zephr create:--callback-url') return ;;
    'zephr create:--callback-secret-file') _zephr_files; return ;;
    'zephr create:--memo') return ;;
    'zephr create:--for') _zephr_words 1m 10m 1h; return ;;
    'zephr create:--link') _zephr_words v1 v2; return ;;
    'zephr create:--allow-ip') return ;;
    'zephr create:--allow-country') return ;;
    'zephr create:--not-before') _zephr_words 1h 1d; return ;;
    'zephr get:-k' | 'zephr get:--key') return ;;
    'zephr get:--key-file') _zephr_files; return ;;
    'zephr get:--url') return ;;
    'zephr get:--passphrase-file') _zephr_files; return ;;
    'zephr get:-o' | 'zephr get:--output') _zephr_files; return ;;
    'zephr get:--for') _zephr_words 1m 10m 1h; return ;;
    'zephr request:-m' | 'zephr request:--message') return ;;
    'zephr request:--from') return ;;
    'zephr request:-e' | 'zephr request:--expiry') _zephr_words 1h 1d 7d 30d; return ;;
    'zephr request:--secret-expiry') _zephr_words 1h 1d 7d 30d; return ;;
    'zephr request:--answers') return ;;
    'zephr request:--views') return ;;
    'zephr request:--callback-url') return ;;
    'zephr request:--callback-secret-file') _zephr_files; return ;;
    'zephr request:--memo') return ;;
    'zephr request:--for') _zephr_words 1m 10m 1h; return ;;
    'zephr request:-o' | 'zephr request:--output') _zephr_files; return ;;
    'zephr request:--allow-ip') return ;;
    'zephr request:--allow-country') return ;;
    'zephr request:--not-before') _zephr_words 1h 1d; return ;;
    'zephr give:-a' | 'zephr give:--attach') _zephr_files; return ;;
    'zephr give:--name') return ;;
    'zephr give:-m' | 'zephr give:--message') return ;;
    'zephr give:--memo') return ;;
    'zephr ls:--state') _zephr_words waiting read expired revoked open answered cancelled; return ;;
    'zephr ls:--since') return ;;
    'zephr ls:-n' | 'zephr ls:--count') return ;;
    'zephr ls:--after') return ;;
    'zephr ls:--search') return ;;
    'zephr status:-k' | 'zephr status:--key') return ;;
    'zephr status:--key-file') _zephr_files; return ;;
    'zephr status:--url') return ;;
    'zephr status:--passphrase-file') _zephr_files; return ;;
    'zephr status:--is') _zephr_words waiting read expired revoked open answered cancelled; return ;;
    'zephr status:--for') _zephr_words 1m 10m 1h; return ;;
    'zephr revoke:-k' | 'zephr revoke:--key') return ;;
    'zephr revoke:--key-file') _zephr_files; return ;;
    'zephr revoke:--url') return ;;
    'zephr revoke:--passphrase-file') _zephr_files; return ;;
    'zephr vault set:--host') return ;;
    'zephr vault set:--as') return ;;
    'zephr vault set:--methods') return ;;
    'zephr vault set:-P' | 'zephr vault set:--project') return ;;
    'zephr vault set:-E' | 'zephr vault set:--environment') return ;;
    'zephr vault set:--vault-key-file') _zephr_files; return ;;
    'zephr vault set:--expires') return ;;
    'zephr vault import:-P' | 'zephr vault import:--project') return ;;
    'zephr vault import:-E' | 'zephr vault import:--environment') return ;;
    'zephr vault import:--vault-key-file') _zephr_files; return ;;
    'zephr vault cp:-P' | 'zephr vault cp:--project') return ;;
    'zephr vault cp:-E' | 'zephr vault cp:--environment') return ;;
    'zephr vault cp:--vault-key-file') _zephr_files; return ;;
    'zephr vault cp:--to-project') return ;;
    'zephr vault cp:--to-environment') return ;;
    'zephr vault rm:-P' | 'zephr vault rm:--project') return ;;
    'zephr vault rm:-E' | 'zephr vault rm:--environment') return ;;
    'zephr vault rm:--vault-key-file') _zephr_files; return ;;
    'zephr vault bind:--host') return ;;
    'zephr vault bind:--as') return ;;
    'zephr vault bind:--methods') return ;;
    'zephr vault bind:-P' | 'zephr vault bind:--project') return ;;
    'zephr vault bind:-E' | 'zephr vault bind:--environment') return ;;
    'zephr vault bind:--vault-key-file') _zephr_files; return ;;
    'zephr vault ls:-P' | 'zephr vault ls:--project') return ;;
    'zephr vault ls:-E' | 'zephr vault ls:--environment') return ;;
    'zephr vault ls:--vault-key-file') _zephr_files; return ;;
    'zephr vault diff:--vault-key-file') _zephr_files; return ;;
    'zephr vault diff:-P' | 'zephr vault diff:--project') return ;;
    'zephr vault diff:-E' | 'zephr vault diff:--environment') return ;;
    'zephr vault status:-P' | 'zephr vault status:--project') return ;;
    'zephr vault status:-E' | 'zephr vault status:--environment') return ;;
    'zephr vault status:--vault-key-file') _zephr_files; return ;;
    'zephr vault reveal:-P' | 'zephr vault reveal:--project') return ;;
    'zephr vault reveal:-E' | 'zephr vault reveal:--environment') return ;;
    'zephr vault reveal:--vault-key-file') _zephr_files; return ;;
    'zephr vault unlock:--vault-key-file') _zephr_files; return ;;
    'zephr vault unlock:--ttl') return ;;
    'zephr vault lock:--vault-key-file') _zephr_files; return ;;
    'zephr vault trust:--vault-key-file') _zephr_files; return ;;
    'zephr vault log:--last') return ;;
    'zephr vault log:--secret') return ;;
    'zephr vault log:--agent') return ;;
    'zephr vault log:--since') return ;;
    'zephr run:-P' | 'zephr run:--project') return ;;
    'zephr run:-E' | 'zephr run:--environment') return ;;
    'zephr run:--vault-key-file') _zephr_files; return ;;
    'zephr run:--only') return ;;
    'zephr run:--var') return ;;
    'zephr run:--file') return ;;
    'zephr run:--mask') _zephr_words auto always never; return ;;
    'zephr run:--egress') _zephr_words open strict; return ;;
    'zephr call:-P' | 'zephr call:--project') return ;;
    'zephr call:-E' | 'zephr call:--environment') return ;;
    'zephr call:--vault-key-file') _zephr_files; return ;;
    'zephr call:-X' | 'zephr call:--request') return ;;
    'zephr call:-d' | 'zephr call:--data') return ;;
    'zephr call:-H' | 'zephr call:--add-header') return ;;
    'zephr call:--bearer') return ;;
    'zephr call:--basic') return ;;
    'zephr call:--header') return ;;
    'zephr call:--query') return ;;
    'zephr call:--body-field') return ;;
    'zephr call:--form-field') return ;;
    'zephr call:-o' | 'zephr call:--output') _zephr_files; return ;;
    'zephr call:--agent') return ;;
    'zephr proxy start:-P' | 'zephr proxy start:--project') return ;;
    'zephr proxy start:-E' | 'zephr proxy start:--environment') return ;;
    'zephr proxy start:--vault-key-file') _zephr_files; return ;;
    'zephr proxy start:--port') return ;;
    'zephr proxy start:--ttl') return ;;
    'zephr proxy start:--egress') _zephr_words open strict; return ;;
    'zephr proxy stop:--port') return ;;
    'zephr proxy status:--port') return ;;
    'zephr proxy approve:--port') return ;;
    'zephr proxy rotate:--port') return ;;
    'zephr mcp:-P' | 'zephr mcp:--project') return ;;
    'zephr mcp:-E' | 'zephr mcp:--environment') return ;;
    'zephr mcp:--vault-key-file') _zephr_files; return ;;
    'zephr serve:--host') return ;;
    'zephr serve:--port') return ;;
    'zephr serve:--store') _zephr_files; return ;;
    'zephr serve:--access') _zephr_words open tiered closed; return ;;
    'zephr serve:--rate-limit') return ;;
    'zephr serve:--max-expiry') return ;;
    'zephr serve:--default-expiry') return ;;
    'zephr serve:--trust-proxy') return ;;
    'zephr serve:--base-url') return ;;
    'zephr serve:--tls-cert') _zephr_files; return ;;
    'zephr serve:--tls-key') _zephr_files; return ;;
    'zephr serve:--max-connections') return ;;
    'zephr serve:--max-connections-per-address') return ;;
    'zephr serve:--max-memory') return ;;
    'zephr serve:--max-upload') return ;;
    'zephr serve:--max-stored') return ;;
    'zephr serve:--max-stored-per-caller') return ;;
    'zephr serve:--brand') _zephr_files; return ;;
    'zephr serve:--geoip') _zephr_files; return ;;
    'zephr keys new:--tier') _zephr_words free dev pro; return ;;
    'zephr keys new:--name') return ;;
    'zephr keys new:--store') _zephr_files; return ;;
    'zephr keys ls:--store') _zephr_files; return ;;
    'zephr keys revoke:--store') _zephr_files; return ;;
    'zephr doctor:--link') _zephr_words v1 v2; return ;;
    *:--server) return ;;
    *:--config) _zephr_files; return ;;
    *:--ca-file) return ;;
    *:--timeout) return ;;
  esac

  case $cur in
    -*)
      case $command in
        zephr) _zephr_words -a --attach -e --expiry -s --split -H --hint -p --passphrase --passphrase-file --views --name --message --callback-url --callback-secret-file --memo --no-record --wait --for -c --copy --qr --link --allow-ip --allow-country --not-before --captcha $everywhere ;;
        'zephr create') _zephr_words -a --attach -e --expiry -s --split -H --hint -p --passphrase --passphrase-file --views --name --message --callback-url --callback-secret-file --memo --no-record --wait --for -c --copy --qr --link --allow-ip --allow-country --not-before --captcha $everywhere ;;
        'zephr get') _zephr_words -k --key --key-file --url -p --passphrase --passphrase-file -o --output --force -c --copy --exec --wait --for --all $everywhere ;;
        'zephr request') _zephr_words -m --message --from -e --expiry --secret-expiry --answers --views --callback-url --callback-secret-file -c --copy --copy-link --qr --memo --no-record --wait --for -o --output --force --exec --allow-ip --allow-country --not-before --captcha $everywhere ;;
        'zephr give') _zephr_words -a --attach --name -m --message --trim --memo --no-record $everywhere ;;
        'zephr ls') _zephr_words --state --since -n --count --after --search --offline --forget --remote $everywhere ;;
        'zephr status') _zephr_words -k --key --key-file --url -p --passphrase --passphrase-file --is --wait --for $everywhere ;;
        'zephr revoke') _zephr_words -k --key --key-file --url -p --passphrase --passphrase-file $everywhere ;;
        'zephr stats') _zephr_words --offline --remote $everywhere ;;
        'zephr vault set') _zephr_words --host --as --methods --approve --run -P --project -E --environment --vault-key-file --expires --new $everywhere ;;
        'zephr vault import') _zephr_words -P --project -E --environment --vault-key-file --force $everywhere ;;
        'zephr vault cp') _zephr_words -P --project -E --environment --vault-key-file --to-project --to-environment --force $everywhere ;;
        'zephr vault rm') _zephr_words -P --project -E --environment --vault-key-file $everywhere ;;
        'zephr vault bind') _zephr_words --host --as --methods --approve --run -P --project -E --environment --vault-key-file --unbind $everywhere ;;
        'zephr vault ls') _zephr_words -P --project -E --environment --vault-key-file --all $everywhere ;;
        'zephr vault diff') _zephr_words --vault-key-file -P --project -E --environment $everywhere ;;
        'zephr vault status') _zephr_words -P --project -E --environment --vault-key-file $everywhere ;;
        'zephr vault reveal') _zephr_words -P --project -E --environment --vault-key-file $everywhere ;;
        'zephr vault unlock') _zephr_words --vault-key-file --ttl --keychain $everywhere ;;
        'zephr vault lock') _zephr_words --vault-key-file $everywhere ;;
        'zephr vault trust') _zephr_words --vault-key-file $everywhere ;;
        'zephr vault log') _zephr_words --last --secret --agent --blocked --since --tail --verify --export $everywhere ;;
        'zephr run') _zephr_words -P --project -E --environment --vault-key-file --only --var --file --clean-env --mask --proxy --egress $everywhere ;;
        'zephr call') _zephr_words -P --project -E --environment --vault-key-file -X --request -d --data -H --add-header --bearer --basic --header --query --body-field --form-field -L --location -f --fail -o --output --force --agent $everywhere ;;
        'zephr proxy start') _zephr_words -P --project -E --environment --vault-key-file --port --ttl --egress --compat-no-token $everywhere ;;
        'zephr proxy stop') _zephr_words --port $everywhere ;;
        'zephr proxy status') _zephr_words --port $everywhere ;;
        'zephr proxy approve') _zephr_words --port $everywhere ;;
        'zephr proxy rotate') _zephr_words --port $everywhere ;;
        'zephr mcp') _zephr_words -P --project -E --environment --vault-key-file --allow-run $everywhere ;;
        'zephr serve') _zephr_words --host --port --store --access --rate-limit --max-expiry --default-expiry --trust-proxy --base-url --tls-cert --tls-key --max-connections --max-connections-per-address --max-memory --max-upload --max-stored --max-stored-per-caller --brand --geoip --metrics --allow-private-callbacks $everywhere ;;
        'zephr keys new') _zephr_words --tier --name --store $everywhere ;;
        'zephr keys ls') _zephr_words --store $everywhere ;;
        'zephr keys revoke') _zephr_words --store $everywhere ;;
        'zephr doctor') _zephr_words --link $everywhere ;;
        *) _zephr_words $everywhere ;;
      esac
      ;;
    *)
      case $command:$position in
        zephr:*) _zephr_words create get retrieve request give ls status revoke stats vault run call proxy mcp serve keys config doctor completion help ;;
        'zephr vault:'*) _zephr_words set import cp rm bind ls diff status reveal unlock lock trust log ;;
        'zephr proxy:'*) _zephr_words start stop status approve rotate ;;
        'zephr keys:'*) _zephr_words new ls revoke ;;
        'zephr config:'*) _zephr_words get set unset ls path ;;
        'zephr config get:0') _zephr_words server apiKey expiry link record ;;
        'zephr config set:0') _zephr_words server apiKey expiry link record ;;
        'zephr config unset:0') _zephr_words server apiKey expiry link record ;;
        'zephr completion:0') _zephr_words bash zsh fish ;;
        'zephr help:0') _zephr_words create get retrieve request give ls status revoke stats vault run call proxy mcp serve keys config doctor completion help ;;
      esac
      ;;
  esac
}

complete -F _zephr zephr
