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
      zephr:-e | zephr:--expiry) value=1 ;;
      zephr:-H | zephr:--hint) value=1 ;;
      zephr:--passphrase-file) value=1 ;;
      zephr:--views) value=1 ;;
      zephr:--name) value=1 ;;
      zephr:--message) value=1 ;;
      zephr:--callback-url) value=1 ;;
      zephr:--callback-secret-file) value=1 ;;
      zephr:--link) value=1 ;;
      'zephr create:-e' | 'zephr create:--expiry') value=1 ;;
      'zephr create:-H' | 'zephr create:--hint') value=1 ;;
      'zephr create:--passphrase-file') value=1 ;;
      'zephr create:--views') value=1 ;;
      'zephr create:--name') value=1 ;;
      'zephr create:--message') value=1 ;;
      'zephr create:--callback-url') value=1 ;;
      'zephr create:--callback-secret-file') value=1 ;;
      'zephr create:--link') value=1 ;;
      'zephr get:-k' | 'zephr get:--key') value=1 ;;
      'zephr get:--key-file') value=1 ;;
      'zephr get:--url') value=1 ;;
      'zephr get:--passphrase-file') value=1 ;;
      'zephr get:-o' | 'zephr get:--output') value=1 ;;
      'zephr status:-k' | 'zephr status:--key') value=1 ;;
      'zephr status:--key-file') value=1 ;;
      'zephr status:--url') value=1 ;;
      'zephr status:--passphrase-file') value=1 ;;
      'zephr status:--is') value=1 ;;
      'zephr revoke:-k' | 'zephr revoke:--key') value=1 ;;
      'zephr revoke:--key-file') value=1 ;;
      'zephr revoke:--url') value=1 ;;
      'zephr revoke:--passphrase-file') value=1 ;;
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
      zephr:status) command='zephr status' position=0 ;;
      zephr:revoke) command='zephr revoke' position=0 ;;
      zephr:serve) command='zephr serve' position=0 ;;
      zephr:keys) command='zephr keys' position=0 ;;
      zephr:config) command='zephr config' position=0 ;;
      zephr:doctor) command='zephr doctor' position=0 ;;
      zephr:completion) command='zephr completion' position=0 ;;
      zephr:help) command='zephr help' position=0 ;;
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
    zephr:-e | zephr:--expiry) _zephr_words 5m 1h 1d 7d 30d; return ;;
    zephr:-H | zephr:--hint) return ;;
    zephr:--passphrase-file) _zephr_files; return ;;
    zephr:--views) return ;;
    zephr:--name) return ;;
    zephr:--message) return ;;
    zephr:--callback-url) return ;;
    zephr:--callback-secret-file) _zephr_files; return ;;
    zephr:--link) _zephr_words v1 v2; return ;;
    'zephr create:-e' | 'zephr create:--expiry') _zephr_words 5m 1h 1d 7d 30d; return ;;
    'zephr create:-H' | 'zephr create:--hint') return ;;
    'zephr create:--passphrase-file') _zephr_files; return ;;
    'zephr create:--views') return ;;
    'zephr create:--name') return ;;
    'zephr create:--message') return ;;
    'zephr create:--callback-url') return ;;
    'zephr create:--callback-secret-file') _zephr_files; return ;;
    'zephr create:--link') _zephr_words v1 v2; return ;;
    'zephr get:-k' | 'zephr get:--key') return ;;
    'zephr get:--key-file') _zephr_files; return ;;
    'zephr get:--url') return ;;
    'zephr get:--passphrase-file') _zephr_files; return ;;
    'zephr get:-o' | 'zephr get:--output') _zephr_files; return ;;
    'zephr status:-k' | 'zephr status:--key') return ;;
    'zephr status:--key-file') _zephr_files; return ;;
    'zephr status:--url') return ;;
    'zephr status:--passphrase-file') _zephr_files; return ;;
    'zephr status:--is') _zephr_words waiting read expired revoked; return ;;
    'zephr revoke:-k' | 'zephr revoke:--key') return ;;
    'zephr revoke:--key-file') _zephr_files; return ;;
    'zephr revoke:--url') return ;;
    'zephr revoke:--passphrase-file') _zephr_files; return ;;
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
        zephr) _zephr_words -e --expiry -s --split -H --hint -p --passphrase --passphrase-file --views --name --message --callback-url --callback-secret-file -c --copy --qr --link $everywhere ;;
        'zephr create') _zephr_words -e --expiry -s --split -H --hint -p --passphrase --passphrase-file --views --name --message --callback-url --callback-secret-file -c --copy --qr --link $everywhere ;;
        'zephr get') _zephr_words -k --key --key-file --url -p --passphrase --passphrase-file -o --output --force -c --copy --exec $everywhere ;;
        'zephr status') _zephr_words -k --key --key-file --url -p --passphrase --passphrase-file --is $everywhere ;;
        'zephr revoke') _zephr_words -k --key --key-file --url -p --passphrase --passphrase-file $everywhere ;;
        'zephr serve') _zephr_words --host --port --store --access --rate-limit --max-expiry --default-expiry --trust-proxy --base-url --tls-cert --tls-key --max-connections --max-connections-per-address --max-memory --metrics --allow-private-callbacks $everywhere ;;
        'zephr keys new') _zephr_words --tier --name --store $everywhere ;;
        'zephr keys ls') _zephr_words --store $everywhere ;;
        'zephr keys revoke') _zephr_words --store $everywhere ;;
        'zephr doctor') _zephr_words --link $everywhere ;;
        *) _zephr_words $everywhere ;;
      esac
      ;;
    *)
      case $command:$position in
        zephr:*) _zephr_words create get retrieve status revoke serve keys config doctor completion help ;;
        'zephr keys:'*) _zephr_words new ls revoke ;;
        'zephr config:'*) _zephr_words get set unset ls path ;;
        'zephr config get:0') _zephr_words server apiKey expiry link ;;
        'zephr config set:0') _zephr_words server apiKey expiry link ;;
        'zephr config unset:0') _zephr_words server apiKey expiry link ;;
        'zephr completion:0') _zephr_words bash zsh fish ;;
        'zephr help:0') _zephr_words create get retrieve status revoke serve keys config doctor completion help ;;
      esac
      ;;
  esac
}

complete -F _zephr zephr
