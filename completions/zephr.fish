# fish completion for zephr. Made by .scripts/completions.ts from the command tree: change that.

# Whether the words before the cursor call this command, and how many arguments it has had.
function __zephr_in --argument-names wanted wanted_position
    set --local command zephr
    set --local position 0
    set --local value ''
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..-1]
        if test -n "$value"
            set value ''
            continue
        end
        switch "$command:$word"
            case '*:--server' '*:--config' '*:--ca-file' '*:--timeout'
                set value 1
            case 'zephr:-a' 'zephr:--attach' 'zephr:-e' 'zephr:--expiry' 'zephr:-H' 'zephr:--hint' 'zephr:--passphrase-file' 'zephr:--views' 'zephr:--name' 'zephr:--message' 'zephr:--callback-url' 'zephr:--callback-secret-file' 'zephr:--memo' 'zephr:--for' 'zephr:--link'
                set value 1
            case 'zephr:create'
                set command 'zephr create'
                set position 0
            case 'zephr:get' 'zephr:retrieve'
                set command 'zephr get'
                set position 0
            case 'zephr:request'
                set command 'zephr request'
                set position 0
            case 'zephr:give'
                set command 'zephr give'
                set position 0
            case 'zephr:ls'
                set command 'zephr ls'
                set position 0
            case 'zephr:status'
                set command 'zephr status'
                set position 0
            case 'zephr:revoke'
                set command 'zephr revoke'
                set position 0
            case 'zephr:stats'
                set command 'zephr stats'
                set position 0
            case 'zephr:vault'
                set command 'zephr vault'
                set position 0
            case 'zephr:run'
                set command 'zephr run'
                set position 0
            case 'zephr:serve'
                set command 'zephr serve'
                set position 0
            case 'zephr:keys'
                set command 'zephr keys'
                set position 0
            case 'zephr:config'
                set command 'zephr config'
                set position 0
            case 'zephr:doctor'
                set command 'zephr doctor'
                set position 0
            case 'zephr:completion'
                set command 'zephr completion'
                set position 0
            case 'zephr:help'
                set command 'zephr help'
                set position 0
            case 'zephr create:-a' 'zephr create:--attach' 'zephr create:-e' 'zephr create:--expiry' 'zephr create:-H' 'zephr create:--hint' 'zephr create:--passphrase-file' 'zephr create:--views' 'zephr create:--name' 'zephr create:--message' 'zephr create:--callback-url' 'zephr create:--callback-secret-file' 'zephr create:--memo' 'zephr create:--for' 'zephr create:--link'
                set value 1
            case 'zephr get:-k' 'zephr get:--key' 'zephr get:--key-file' 'zephr get:--url' 'zephr get:--passphrase-file' 'zephr get:-o' 'zephr get:--output' 'zephr get:--for'
                set value 1
            case 'zephr request:-m' 'zephr request:--message' 'zephr request:--from' 'zephr request:-e' 'zephr request:--expiry' 'zephr request:--secret-expiry' 'zephr request:--answers' 'zephr request:--views' 'zephr request:--callback-url' 'zephr request:--callback-secret-file' 'zephr request:--for' 'zephr request:-o' 'zephr request:--output'
                set value 1
            case 'zephr give:--name' 'zephr give:-m' 'zephr give:--message'
                set value 1
            case 'zephr ls:--state' 'zephr ls:--since' 'zephr ls:-n' 'zephr ls:--count' 'zephr ls:--after' 'zephr ls:--search'
                set value 1
            case 'zephr status:-k' 'zephr status:--key' 'zephr status:--key-file' 'zephr status:--url' 'zephr status:--passphrase-file' 'zephr status:--is' 'zephr status:--for'
                set value 1
            case 'zephr revoke:-k' 'zephr revoke:--key' 'zephr revoke:--key-file' 'zephr revoke:--url' 'zephr revoke:--passphrase-file'
                set value 1
            case 'zephr vault:set'
                set command 'zephr vault set'
                set position 0
            case 'zephr vault:import'
                set command 'zephr vault import'
                set position 0
            case 'zephr vault:cp'
                set command 'zephr vault cp'
                set position 0
            case 'zephr vault:rm'
                set command 'zephr vault rm'
                set position 0
            case 'zephr vault:bind'
                set command 'zephr vault bind'
                set position 0
            case 'zephr vault:ls'
                set command 'zephr vault ls'
                set position 0
            case 'zephr vault:diff'
                set command 'zephr vault diff'
                set position 0
            case 'zephr vault:status'
                set command 'zephr vault status'
                set position 0
            case 'zephr vault:reveal'
                set command 'zephr vault reveal'
                set position 0
            case 'zephr vault:unlock'
                set command 'zephr vault unlock'
                set position 0
            case 'zephr vault:lock'
                set command 'zephr vault lock'
                set position 0
            case 'zephr vault:trust'
                set command 'zephr vault trust'
                set position 0
            case 'zephr vault set:--host' 'zephr vault set:--as' 'zephr vault set:--methods' 'zephr vault set:-P' 'zephr vault set:--project' 'zephr vault set:-E' 'zephr vault set:--environment' 'zephr vault set:--vault-key-file' 'zephr vault set:--expires'
                set value 1
            case 'zephr vault import:-P' 'zephr vault import:--project' 'zephr vault import:-E' 'zephr vault import:--environment' 'zephr vault import:--vault-key-file'
                set value 1
            case 'zephr vault cp:-P' 'zephr vault cp:--project' 'zephr vault cp:-E' 'zephr vault cp:--environment' 'zephr vault cp:--vault-key-file' 'zephr vault cp:--to-project' 'zephr vault cp:--to-environment'
                set value 1
            case 'zephr vault rm:-P' 'zephr vault rm:--project' 'zephr vault rm:-E' 'zephr vault rm:--environment' 'zephr vault rm:--vault-key-file'
                set value 1
            case 'zephr vault bind:--host' 'zephr vault bind:--as' 'zephr vault bind:--methods' 'zephr vault bind:-P' 'zephr vault bind:--project' 'zephr vault bind:-E' 'zephr vault bind:--environment' 'zephr vault bind:--vault-key-file'
                set value 1
            case 'zephr vault ls:-P' 'zephr vault ls:--project' 'zephr vault ls:-E' 'zephr vault ls:--environment' 'zephr vault ls:--vault-key-file'
                set value 1
            case 'zephr vault diff:--vault-key-file' 'zephr vault diff:-P' 'zephr vault diff:--project' 'zephr vault diff:-E' 'zephr vault diff:--environment'
                set value 1
            case 'zephr vault status:-P' 'zephr vault status:--project' 'zephr vault status:-E' 'zephr vault status:--environment' 'zephr vault status:--vault-key-file'
                set value 1
            case 'zephr vault reveal:-P' 'zephr vault reveal:--project' 'zephr vault reveal:-E' 'zephr vault reveal:--environment' 'zephr vault reveal:--vault-key-file'
                set value 1
            case 'zephr vault unlock:--vault-key-file' 'zephr vault unlock:--ttl'
                set value 1
            case 'zephr vault lock:--vault-key-file'
                set value 1
            case 'zephr vault trust:--vault-key-file'
                set value 1
            case 'zephr run:-P' 'zephr run:--project' 'zephr run:-E' 'zephr run:--environment' 'zephr run:--vault-key-file' 'zephr run:--only' 'zephr run:--var' 'zephr run:--file' 'zephr run:--mask'
                set value 1
            case 'zephr serve:--host' 'zephr serve:--port' 'zephr serve:--store' 'zephr serve:--access' 'zephr serve:--rate-limit' 'zephr serve:--max-expiry' 'zephr serve:--default-expiry' 'zephr serve:--trust-proxy' 'zephr serve:--base-url' 'zephr serve:--tls-cert' 'zephr serve:--tls-key' 'zephr serve:--max-connections' 'zephr serve:--max-connections-per-address' 'zephr serve:--max-memory' 'zephr serve:--max-upload' 'zephr serve:--max-stored' 'zephr serve:--max-stored-per-caller'
                set value 1
            case 'zephr keys:new'
                set command 'zephr keys new'
                set position 0
            case 'zephr keys:ls'
                set command 'zephr keys ls'
                set position 0
            case 'zephr keys:revoke'
                set command 'zephr keys revoke'
                set position 0
            case 'zephr keys new:--tier' 'zephr keys new:--name' 'zephr keys new:--store'
                set value 1
            case 'zephr keys ls:--store'
                set value 1
            case 'zephr keys revoke:--store'
                set value 1
            case 'zephr config:get'
                set command 'zephr config get'
                set position 0
            case 'zephr config:set'
                set command 'zephr config set'
                set position 0
            case 'zephr config:unset'
                set command 'zephr config unset'
                set position 0
            case 'zephr config:ls'
                set command 'zephr config ls'
                set position 0
            case 'zephr config:path'
                set command 'zephr config path'
                set position 0
            case 'zephr doctor:--link'
                set value 1
            case '*:-*'
            case '*'
                set position (math $position + 1)
        end
    end
    test "$command" = "$wanted"; and test -z "$wanted_position" -o "$wanted_position" = "$position"
end

complete --command zephr --no-files
complete -c zephr -l server -x -d 'the server to create on; a link names its own'
complete -c zephr -l config -r -F -d 'the config file to use'
complete -c zephr -l ca-file -x -d 'trust these certificate authorities and no others'
complete -c zephr -l json -d 'print the result as one JSON object'
complete -c zephr -s q -l quiet -d 'print errors only'
complete -c zephr -l no-color -d 'print no colors'
complete -c zephr -l timeout -x -d 'give up after this time (default: 10)'
complete -c zephr -s V -l version -d 'print the version'
complete -c zephr -s h -l help -d 'print this help'
complete -c zephr -n '__zephr_in zephr' -a create -d 'what zephr does without a command'
complete -c zephr -n '__zephr_in zephr' -a get -d 'take a secret back, or an answer to a request'
complete -c zephr -n '__zephr_in zephr' -a retrieve -d 'take a secret back, or an answer to a request'
complete -c zephr -n '__zephr_in zephr' -a request -d 'ask for a secret: print the link to send'
complete -c zephr -n '__zephr_in zephr' -a give -d 'answer a request'
complete -c zephr -n '__zephr_in zephr' -a ls -d 'what you sent, and what became of it'
complete -c zephr -n '__zephr_in zephr' -a status -d 'has it been read? uses up nothing'
complete -c zephr -n '__zephr_in zephr' -a revoke -d 'destroy it unread'
complete -c zephr -n '__zephr_in zephr' -a stats -d 'how many you sent, and what became of them'
complete -c zephr -n '__zephr_in zephr' -a vault -d 'named secrets here, encrypted'
complete -c zephr -n '__zephr_in zephr' -a run -d 'start a command with secrets, mask output'
complete -c zephr -n '__zephr_in zephr' -a serve -d 'run a server'
complete -c zephr -n '__zephr_in zephr' -a keys -d 'make, list and revoke the API keys of a server'
complete -c zephr -n '__zephr_in zephr' -a config -d 'look at the config file and change it'
complete -c zephr -n '__zephr_in zephr' -a doctor -d 'check configuration, network, server and key'
complete -c zephr -n '__zephr_in zephr' -a completion -d 'print the completion script of a shell'
complete -c zephr -n '__zephr_in zephr' -a help -d 'print the help of a command'
complete -c zephr -n '__zephr_in zephr' -s a -l attach -r -F -d 'send a file; repeat for more, - is stdin'
complete -c zephr -n '__zephr_in zephr' -s e -l expiry -x -a '5m 1h 1d 7d 30d' -d 'how long to keep it: 5m, 1h, 30d (default: 1h)'
complete -c zephr -n '__zephr_in zephr' -s s -l split -d 'print URL and key apart, on two lines'
complete -c zephr -n '__zephr_in zephr' -s H -l hint -x -d 'clear-text label, which the server sees'
complete -c zephr -n '__zephr_in zephr' -s p -l passphrase -d 'ask for a passphrase; the reader needs it too'
complete -c zephr -n '__zephr_in zephr' -l passphrase-file -r -F -d 'take the passphrase from a file'
complete -c zephr -n '__zephr_in zephr' -l views -x -d 'readers allowed, 1 to 1000 (default: 1)'
complete -c zephr -n '__zephr_in zephr' -l name -x -d 'file name for the reader, encrypted'
complete -c zephr -n '__zephr_in zephr' -l message -x -d 'message to the reader, encrypted'
complete -c zephr -n '__zephr_in zephr' -l callback-url -x -d 'https URL that gets a webhook when it is read'
complete -c zephr -n '__zephr_in zephr' -l callback-secret-file -r -F -d 'signs the webhook; or ZEPHR_CALLBACK_SECRET'
complete -c zephr -n '__zephr_in zephr' -l memo -x -d 'for your own list, zephr ls; sent to nobody'
complete -c zephr -n '__zephr_in zephr' -l no-record -d 'keep no line of it in that list'
complete -c zephr -n '__zephr_in zephr' -l wait -d 'then wait until no more reads can come'
complete -c zephr -n '__zephr_in zephr' -l for -x -a '1m 10m 1h' -d 'wait no longer than this: 90s, 10m, 1h'
complete -c zephr -n '__zephr_in zephr' -s c -l copy -d 'put the link (split: the URL) on the clipboard'
complete -c zephr -n '__zephr_in zephr' -l qr -d 'draw the link as a QR code on stderr'
complete -c zephr -n '__zephr_in zephr' -l link -x -a 'v1 v2' -d 'link version (default: v2, v1 for zephr.io)'
complete -c zephr -n '__zephr_in "zephr create"' -s a -l attach -r -F -d 'send a file; repeat for more, - is stdin'
complete -c zephr -n '__zephr_in "zephr create"' -s e -l expiry -x -a '5m 1h 1d 7d 30d' -d 'how long to keep it: 5m, 1h, 30d (default: 1h)'
complete -c zephr -n '__zephr_in "zephr create"' -s s -l split -d 'print URL and key apart, on two lines'
complete -c zephr -n '__zephr_in "zephr create"' -s H -l hint -x -d 'clear-text label, which the server sees'
complete -c zephr -n '__zephr_in "zephr create"' -s p -l passphrase -d 'ask for a passphrase; the reader needs it too'
complete -c zephr -n '__zephr_in "zephr create"' -l passphrase-file -r -F -d 'take the passphrase from a file'
complete -c zephr -n '__zephr_in "zephr create"' -l views -x -d 'readers allowed, 1 to 1000 (default: 1)'
complete -c zephr -n '__zephr_in "zephr create"' -l name -x -d 'file name for the reader, encrypted'
complete -c zephr -n '__zephr_in "zephr create"' -l message -x -d 'message to the reader, encrypted'
complete -c zephr -n '__zephr_in "zephr create"' -l callback-url -x -d 'https URL that gets a webhook when it is read'
complete -c zephr -n '__zephr_in "zephr create"' -l callback-secret-file -r -F -d 'signs the webhook; or ZEPHR_CALLBACK_SECRET'
complete -c zephr -n '__zephr_in "zephr create"' -l memo -x -d 'for your own list, zephr ls; sent to nobody'
complete -c zephr -n '__zephr_in "zephr create"' -l no-record -d 'keep no line of it in that list'
complete -c zephr -n '__zephr_in "zephr create"' -l wait -d 'then wait until no more reads can come'
complete -c zephr -n '__zephr_in "zephr create"' -l for -x -a '1m 10m 1h' -d 'wait no longer than this: 90s, 10m, 1h'
complete -c zephr -n '__zephr_in "zephr create"' -s c -l copy -d 'put the link (split: the URL) on the clipboard'
complete -c zephr -n '__zephr_in "zephr create"' -l qr -d 'draw the link as a QR code on stderr'
complete -c zephr -n '__zephr_in "zephr create"' -l link -x -a 'v1 v2' -d 'link version (default: v2, v1 for zephr.io)'
complete -c zephr -n '__zephr_in "zephr get"' -s k -l key -x -d 'the key of a split pair'
complete -c zephr -n '__zephr_in "zephr get"' -l key-file -r -F -d 'take the key from a file'
complete -c zephr -n '__zephr_in "zephr get"' -l url -x -d 'the URL of a split pair'
complete -c zephr -n '__zephr_in "zephr get"' -s p -l passphrase -d 'ask for the passphrase on the terminal'
complete -c zephr -n '__zephr_in "zephr get"' -l passphrase-file -r -F -d 'take the passphrase from a file'
complete -c zephr -n '__zephr_in "zephr get"' -s o -l output -r -F -d 'write to this file (0600) or directory; - is stdout'
complete -c zephr -n '__zephr_in "zephr get"' -l force -d 'replace the file named by --output'
complete -c zephr -n '__zephr_in "zephr get"' -s c -l copy -d 'put it on the clipboard instead of stdout'
complete -c zephr -n '__zephr_in "zephr get"' -l exec -d 'give it to the command behind -- on its stdin'
complete -c zephr -n '__zephr_in "zephr get"' -l wait -d 'wait for an answer to a request'
complete -c zephr -n '__zephr_in "zephr get"' -l for -x -a '1m 10m 1h' -d 'wait no longer than this: 90s, 10m, 1h'
complete -c zephr -n '__zephr_in "zephr get"' -l all -d 'take all answers, each into a file in the folder of -o'
complete -c zephr -n '__zephr_in "zephr request"' -s m -l message -x -d 'what is asked for, encrypted'
complete -c zephr -n '__zephr_in "zephr request"' -l from -x -d 'who asks, encrypted'
complete -c zephr -n '__zephr_in "zephr request"' -s e -l expiry -x -a '1h 1d 7d 30d' -d 'how long it can be answered (default: 1d)'
complete -c zephr -n '__zephr_in "zephr request"' -l secret-expiry -x -a '1h 1d 7d 30d' -d 'how long an answer can be read (default: 1d)'
complete -c zephr -n '__zephr_in "zephr request"' -l answers -x -d 'answers, 1 to 100 (default: 1)'
complete -c zephr -n '__zephr_in "zephr request"' -l views -x -d 'readers of each answer, 1 to 1000 (default: 1)'
complete -c zephr -n '__zephr_in "zephr request"' -l callback-url -x -d 'https URL that gets a webhook when it is answered'
complete -c zephr -n '__zephr_in "zephr request"' -l callback-secret-file -r -F -d 'signs the webhook; or ZEPHR_CALLBACK_SECRET'
complete -c zephr -n '__zephr_in "zephr request"' -s c -l copy -d 'put the link on the clipboard; with --wait, the answer'
complete -c zephr -n '__zephr_in "zephr request"' -l copy-link -d 'put the link on the clipboard'
complete -c zephr -n '__zephr_in "zephr request"' -l qr -d 'draw the link as a QR code on stderr'
complete -c zephr -n '__zephr_in "zephr request"' -l no-record -d 'keep nothing here: print a link to collect the answers, too'
complete -c zephr -n '__zephr_in "zephr request"' -l wait -d 'print the link on stderr, wait, and print the answer'
complete -c zephr -n '__zephr_in "zephr request"' -l for -x -a '1m 10m 1h' -d 'wait no longer than this: 90s, 10m, 1h'
complete -c zephr -n '__zephr_in "zephr request"' -s o -l output -r -F -d 'with --wait: write the answer to this file or directory'
complete -c zephr -n '__zephr_in "zephr request"' -l force -d 'replace the file named by --output'
complete -c zephr -n '__zephr_in "zephr request"' -l exec -d 'with --wait: give the answer to the command behind --'
complete -c zephr -n '__zephr_in "zephr give"' -l name -x -d 'file name for who asked, encrypted'
complete -c zephr -n '__zephr_in "zephr give"' -s m -l message -x -d 'message to who asked, encrypted'
complete -c zephr -n '__zephr_in "zephr give"' -l trim -d 'leave out one final line end, as from echo'
complete -c zephr -n '__zephr_in "zephr ls"' -l state -x -a 'waiting read expired revoked' -d 'waiting, read, expired or revoked'
complete -c zephr -n '__zephr_in "zephr ls"' -l since -x -d 'sent within: 90m, 2d, or since 2026-12-05'
complete -c zephr -n '__zephr_in "zephr ls"' -s n -l count -x -d 'so many at most'
complete -c zephr -n '__zephr_in "zephr ls"' -l after -x -d 'those that come after this one'
complete -c zephr -n '__zephr_in "zephr ls"' -l search -x -d 'with this in the hint, memo, id or server'
complete -c zephr -n '__zephr_in "zephr ls"' -l offline -d 'ask no server'
complete -c zephr -n '__zephr_in "zephr ls"' -l forget -d 'drop from the list what has ended'
complete -c zephr -n '__zephr_in "zephr status"' -s k -l key -x -d 'the key of a split pair'
complete -c zephr -n '__zephr_in "zephr status"' -l key-file -r -F -d 'take the key from a file'
complete -c zephr -n '__zephr_in "zephr status"' -l url -x -d 'the URL of a split pair'
complete -c zephr -n '__zephr_in "zephr status"' -s p -l passphrase -d 'ask for the passphrase on the terminal'
complete -c zephr -n '__zephr_in "zephr status"' -l passphrase-file -r -F -d 'take the passphrase from a file'
complete -c zephr -n '__zephr_in "zephr status"' -l is -x -a 'waiting read expired revoked' -d 'is it waiting, read, expired or revoked? exit 0 or 11'
complete -c zephr -n '__zephr_in "zephr status"' -l wait -d 'until no more reads can come; exit 0 if all were, else 6'
complete -c zephr -n '__zephr_in "zephr status"' -l for -x -a '1m 10m 1h' -d 'wait no longer than this: 90s, 10m, 1h'
complete -c zephr -n '__zephr_in "zephr revoke"' -s k -l key -x -d 'the key of a split pair'
complete -c zephr -n '__zephr_in "zephr revoke"' -l key-file -r -F -d 'take the key from a file'
complete -c zephr -n '__zephr_in "zephr revoke"' -l url -x -d 'the URL of a split pair'
complete -c zephr -n '__zephr_in "zephr revoke"' -s p -l passphrase -d 'ask for the passphrase on the terminal'
complete -c zephr -n '__zephr_in "zephr revoke"' -l passphrase-file -r -F -d 'take the passphrase from a file'
complete -c zephr -n '__zephr_in "zephr stats"' -l offline -d 'ask no server'
complete -c zephr -n '__zephr_in "zephr vault"' -a set -d 'keep a value under a name'
complete -c zephr -n '__zephr_in "zephr vault"' -a import -d 'keep all that a .env file names'
complete -c zephr -n '__zephr_in "zephr vault"' -a cp -d 'copy a secret, with its bindings'
complete -c zephr -n '__zephr_in "zephr vault"' -a rm -d 'destroy secrets'
complete -c zephr -n '__zephr_in "zephr vault"' -a bind -d 'change where a secret may go'
complete -c zephr -n '__zephr_in "zephr vault"' -a ls -d 'print which secrets there are'
complete -c zephr -n '__zephr_in "zephr vault"' -a diff -d 'compare two environments'
complete -c zephr -n '__zephr_in "zephr vault"' -a status -d 'print which vault, and whether it is open'
complete -c zephr -n '__zephr_in "zephr vault"' -a reveal -d 'print a value on your terminal'
complete -c zephr -n '__zephr_in "zephr vault"' -a unlock -d 'keep the vault open for a time'
complete -c zephr -n '__zephr_in "zephr vault"' -a lock -d 'forget the key'
complete -c zephr -n '__zephr_in "zephr vault"' -a trust -d 'let a repository\'s .zephr.json count'
complete -c zephr -n '__zephr_in "zephr vault set"' -l host -x -d 'bind it: requests carry it to these hosts only'
complete -c zephr -n '__zephr_in "zephr vault set"' -l as -x -d 'where it goes: bearer, basic, header:N, query:p, body:a.b, form:k'
complete -c zephr -n '__zephr_in "zephr vault set"' -l methods -x -d 'with these methods only'
complete -c zephr -n '__zephr_in "zephr vault set"' -l approve -d 'ask a person before each use'
complete -c zephr -n '__zephr_in "zephr vault set"' -l run -d 'bound, and for processes too'
complete -c zephr -n '__zephr_in "zephr vault set"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault set"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault set"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault set"' -l expires -x -d 'not to be used from then on: 90d, 2027-01-31'
complete -c zephr -n '__zephr_in "zephr vault set"' -l new -d 'only where there is none of this name'
complete -c zephr -n '__zephr_in "zephr vault import"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault import"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault import"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault import"' -l force -d 'replace what exists'
complete -c zephr -n '__zephr_in "zephr vault cp"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault cp"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault cp"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault cp"' -l to-project -x -d 'into this project'
complete -c zephr -n '__zephr_in "zephr vault cp"' -l to-environment -x -d 'into this environment'
complete -c zephr -n '__zephr_in "zephr vault cp"' -l force -d 'replace what exists'
complete -c zephr -n '__zephr_in "zephr vault rm"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault rm"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault rm"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault bind"' -l host -x -d 'bind it: requests carry it to these hosts only'
complete -c zephr -n '__zephr_in "zephr vault bind"' -l as -x -d 'where it goes: bearer, basic, header:N, query:p, body:a.b, form:k'
complete -c zephr -n '__zephr_in "zephr vault bind"' -l methods -x -d 'with these methods only'
complete -c zephr -n '__zephr_in "zephr vault bind"' -l approve -d 'ask a person before each use'
complete -c zephr -n '__zephr_in "zephr vault bind"' -l run -d 'bound, and for processes too'
complete -c zephr -n '__zephr_in "zephr vault bind"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault bind"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault bind"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault bind"' -l unbind -d 'for processes, and no host'
complete -c zephr -n '__zephr_in "zephr vault ls"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault ls"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault ls"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault ls"' -l all -d 'of all projects and environments'
complete -c zephr -n '__zephr_in "zephr vault diff"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault diff"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault diff"' -s E -l environment -x -d 'an environment; give two'
complete -c zephr -n '__zephr_in "zephr vault status"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault status"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault status"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault reveal"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault reveal"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr vault reveal"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault unlock"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault unlock"' -l ttl -x -d 'how long (default: 8h)'
complete -c zephr -n '__zephr_in "zephr vault unlock"' -l keychain -d 'have the system\'s keychain open it'
complete -c zephr -n '__zephr_in "zephr vault lock"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr vault trust"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr run"' -s P -l project -x -d 'the project (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr run"' -s E -l environment -x -d 'the environment (default: that of .zephr.json)'
complete -c zephr -n '__zephr_in "zephr run"' -l vault-key-file -r -F -d 'unlock the vault with this file'
complete -c zephr -n '__zephr_in "zephr run"' -l only -x -d 'these secrets and no others: A,B'
complete -c zephr -n '__zephr_in "zephr run"' -l var -x -d 'a secret under another name; repeatable'
complete -c zephr -n '__zephr_in "zephr run"' -l file -x -d 'a secret as a file in memory; repeatable'
complete -c zephr -n '__zephr_in "zephr run"' -l clean-env -d 'pass on only what a command needs to find its way'
complete -c zephr -n '__zephr_in "zephr run"' -l mask -x -a 'auto always never' -d 'auto, always or never (default: auto)'
complete -c zephr -n '__zephr_in "zephr serve"' -l host -x -d 'address to listen on (default: 127.0.0.1)'
complete -c zephr -n '__zephr_in "zephr serve"' -l port -x -d 'port to listen on, 0 picks one (default: 8787)'
complete -c zephr -n '__zephr_in "zephr serve"' -l store -r -F -d 'a file for SQLite, memory: or postgres://host/database (default: ~/.local/state/zephr/zephr.db)'
complete -c zephr -n '__zephr_in "zephr serve"' -l access -x -a 'open tiered closed' -d 'what callers without an API key may do: open, tiered, closed (default: open)'
complete -c zephr -n '__zephr_in "zephr serve"' -l rate-limit -x -d 'creates per minute and address without an API key, with --access open; 0: any number (default: 60)'
complete -c zephr -n '__zephr_in "zephr serve"' -l max-expiry -x -d 'longest expiry, 1h to 1y, of callers whose tier has 30d (default: 30d)'
complete -c zephr -n '__zephr_in "zephr serve"' -l default-expiry -x -d 'expiry of a create that names none, which is otherwise refused'
complete -c zephr -n '__zephr_in "zephr serve"' -l trust-proxy -x -d 'proxies whose X-Forwarded-For is trusted, such as 10.0.0.0/8'
complete -c zephr -n '__zephr_in "zephr serve"' -l base-url -x -d 'address that clients use, such as https://host/zephr'
complete -c zephr -n '__zephr_in "zephr serve"' -l tls-cert -r -F -d 'certificate for HTTPS, in PEM; SIGHUP reads it again'
complete -c zephr -n '__zephr_in "zephr serve"' -l tls-key -r -F -d 'the key of the certificate, in PEM'
complete -c zephr -n '__zephr_in "zephr serve"' -l max-connections -x -d 'connections at once (default: 1000)'
complete -c zephr -n '__zephr_in "zephr serve"' -l max-connections-per-address -x -d 'connections at once from one address (default: 256)'
complete -c zephr -n '__zephr_in "zephr serve"' -l max-memory -x -d 'megabytes for bodies and replies of all requests together (default: a quarter of the memory, at most 512)'
complete -c zephr -n '__zephr_in "zephr serve"' -l max-upload -x -d 'megabytes of files of one secret, for callers whose tier has 1024 (default: 1024)'
complete -c zephr -n '__zephr_in "zephr serve"' -l max-stored -x -d 'megabytes of files of all secrets together (default: 10240; 256 with memory:)'
complete -c zephr -n '__zephr_in "zephr serve"' -l max-stored-per-caller -x -d 'megabytes of all that a caller without an API key has stored (default: a tenth of --max-stored)'
complete -c zephr -n '__zephr_in "zephr serve"' -l metrics -d 'show numbers for Prometheus at /metrics'
complete -c zephr -n '__zephr_in "zephr serve"' -l allow-private-callbacks -d 'webhooks may go to private addresses, and over http'
complete -c zephr -n '__zephr_in "zephr keys"' -a new -d 'make a key and print it'
complete -c zephr -n '__zephr_in "zephr keys"' -a ls -d 'print which keys there are'
complete -c zephr -n '__zephr_in "zephr keys"' -a revoke -d 'refuse a key from now on'
complete -c zephr -n '__zephr_in "zephr keys new"' -l tier -x -a 'free dev pro' -d 'what it may do: free, dev or pro'
complete -c zephr -n '__zephr_in "zephr keys new"' -l name -x -d 'what to call it, such as ci'
complete -c zephr -n '__zephr_in "zephr keys new"' -l store -r -F -d 'the server\'s store (default: as for zephr serve)'
complete -c zephr -n '__zephr_in "zephr keys ls"' -l store -r -F -d 'the server\'s store (default: as for zephr serve)'
complete -c zephr -n '__zephr_in "zephr keys revoke"' -l store -r -F -d 'the server\'s store (default: as for zephr serve)'
complete -c zephr -n '__zephr_in "zephr config"' -a get -d 'print a value'
complete -c zephr -n '__zephr_in "zephr config"' -a set -d 'check a value and store it'
complete -c zephr -n '__zephr_in "zephr config"' -a unset -d 'remove a value'
complete -c zephr -n '__zephr_in "zephr config"' -a ls -d 'print each setting and where it comes from'
complete -c zephr -n '__zephr_in "zephr config"' -a path -d 'print where the config file is'
complete -c zephr -n '__zephr_in "zephr config get" 0' -a 'server apiKey expiry link record'
complete -c zephr -n '__zephr_in "zephr config set" 0' -a 'server apiKey expiry link record'
complete -c zephr -n '__zephr_in "zephr config unset" 0' -a 'server apiKey expiry link record'
complete -c zephr -n '__zephr_in "zephr doctor"' -l link -x -a 'v1 v2' -d 'link version to try (default: as for zephr)'
complete -c zephr -n '__zephr_in "zephr completion" 0' -a 'bash zsh fish'
complete -c zephr -n '__zephr_in "zephr help" 0' -a 'create get retrieve request give ls status revoke stats vault run serve keys config doctor completion help'
