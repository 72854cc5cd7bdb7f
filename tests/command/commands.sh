#!/bin/sh
# Every command but check, in a copy of the kit with three of its lessons, and one that has two programs and nothing
# else. Prints TAP.
#
# shellcheck disable=SC2034,SC2317,SC2016 # functions and conditions are called and expanded by "ok" and "all"
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
own=$(mktemp -d) || exit 1
peer=
end() {
    [ -z "$peer" ] || kill -s TERM "$peer"
    chmod -R u+w "$own"
    rm -rf "$own"
}
trap end EXIT
trap 'exit 1' HUP INT TERM

chmod 755 "$own" # root's programs run as another user
mkdir -p "$own/kit/build" "$own/tmp" "$own/kit/lessons/90-two-programs" "$own/kit/solutions"
cp sockeye "$own/kit/" && cp build/worker "$own/kit/build/" && cp lessons/parts "$own/kit/lessons/" || exit 1
for lesson in 01-tcp-client 07-fork-server 16-udp-broadcast; do
    cp -R "lessons/$lesson" "$own/kit/lessons/" && cp -R "solutions/$lesson" "$own/kit/solutions/" || exit 1
done
for program in first second; do
    echo "int main(void) { return 3; }" > "$own/kit/lessons/90-two-programs/$program.c"
done
cd "$own/kit" || exit 1
export SOCKEYE_WORK="$own/work" SOCKEYE_CACHE="$own/cache" TMPDIR="$own/tmp" LC_ALL=C.UTF-8
unset COLUMNS NO_COLOR
client=$SOCKEYE_WORK/01-tcp-client/tcp_client.c

# tries COMMAND...: what it prints goes to $own/out and $own/err, its status to $status.
tries() {
    timeout 60 "$@" > "$own/out" 2> "$own/err" < /dev/null
    status=$?
}

count=0
failed=0
# ok WORDS CONDITION...: CONDITION is a command; if it fails, shows what was printed last.
ok() {
    count=$((count + 1))
    title=$1
    shift
    if "$@"; then
        printf '%s\n' "ok $count - $title"
    else
        failed=1
        printf '%s\n' "not ok $count - $title" "#   not so: $*"
        sed 's/^/#   stdout: /' "$own/out"
        sed 's/^/#   stderr: /' "$own/err"
        echo "#   status: $status"
    fi
}
skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}
says() { grep -qF -- "$1" "$own/out"; }
complains() { [ "$(wc -l < "$own/err")" -eq 1 ] && grep -qF -- "$1" "$own/err"; }
ends() { [ "$status" -eq "$1" ]; }
all() { # all "says x" "ends 0": every condition holds
    for condition; do
        eval "$condition" || return 1
    done
}
same() { cmp -s "$1" "$2"; }
is_empty() { [ -z "$(ls -A "$1")" ]; }

# --- Wrong arguments: one line on stderr, status 2, nothing done.
while IFS='|' read -r arguments expected; do
    # shellcheck disable=SC2086 # several arguments
    tries ./sockeye $arguments
    ok "refuses: sockeye $arguments" all "ends 2" 'complains "$expected"' '[ ! -s "$own/out" ]' '[ ! -e "$SOCKEYE_WORK" ]'
done << 'TABLE'
bord|no command 'bord'
board 1|takes no arguments
start|which lesson
start 99|no lesson '99'
start 0|no lesson '0'
start 1x|no lesson '1x'
start 1 7|'7' is one argument too many
start --force 1|lesson comes first
next 1|takes no arguments
check 1 --only nonsense|has no check 'nonsense'
check 1 --only sends-line,|has no check ''
hint 99|no lesson '99'
hint 1 nonsense|no check 'nonsense'
run|which lesson
run 99|no lesson '99'
run 90|which one
run 90 third|first or second
peer|which lesson
peer 99|no lesson '99'
peer 1 --port|wants PORT
peer 1 --port 0|number from 1 to 65535
peer 1 --port 65536|number from 1 to 65535
peer 1 --port 80x|number from 1 to 65535
peer 1 --port=|number from 1 to 65535
peer 1 --dribble=2|takes nothing
peer 1 --gallop|does not know '--gallop'
peer 1 7777|does not know '7777'
peer 1 --flood --dribble|too many
peer 7|on which port
peer 7 --port 1 --count 1001|number from 1 to 1000
solution|which lesson
solution --anyway|which lesson
reset|which lesson
reset 1 2|'2' is one argument too many
export|which result
export no.json|needs --as FORMAT
export no.json --as word|knows no format 'word'
export no.json --as tap|can't read no.json
export no.json --as canvas|--sheet FILE
export no.json --as tap --column Sockeye|not for tap
export no.json --sa tap|export does not know '--sa': did you mean '--as'?
export no.json --as|--as takes a value
check 1 --onyl usage|check does not know '--onyl': did you mean '--only'?
check 1 --trace=all|--trace takes no value
grade class -o marks --rubrik rubric.cfg|grade does not know '--rubrik': did you mean '--rubric'?
grade class -x|grade does not know '-x'
grade class -o|-o takes a value
grade class -o sockeye|-o sockeye: that is a file
doctor now|takes no arguments
help hlep|no command 'hlep'
help board start|one argument too many
completion|for which shell
completion tcsh|for which shell
--color pink board|not 'pink'
board --color|always, auto or never
check 1 --color=|always, auto or never
TABLE

# --- Where the student is, nothing was started yet.
for command in check hint; do
    tries ./sockeye $command
    ok "$command alone says how to start" all "ends 1" "complains 'lesson 1'" "complains 'is not started: ./sockeye'" \
        '[ ! -e "$SOCKEYE_WORK" ]'
done

# --- help
tries ./sockeye help
ok "help names every command" all "ends 0" "says 'start N'" "says 'doctor'" "says 'peer N'"
cp "$own/out" "$own/list"
for command in board start next check watch hint explain run peer solution reset export doctor completion help; do
    tries ./sockeye "$command" --help
    ok "$command --help is about $command" all "ends 0" "says './sockeye '" "says '$command'" '[ ! -s "$own/err" ]'
    cp "$own/out" "$own/asked"
    tries ./sockeye help "$command"
    ok "help $command says the same" same "$own/out" "$own/asked"
done
tries ./sockeye start 1 -h
ok "a -h behind the lesson asks for help, too" all "says 'start N'" '[ ! -e "$SOCKEYE_WORK" ]'
tries ./sockeye --help
ok "--help lists the commands" same "$own/out" "$own/list"
tries ./sockeye peer 16 --help
ok "peer N --help lists the tricks of that peer" all "ends 0" "says '--junk'" "says '--port PORT'"
tries env COLUMNS=60 ./sockeye help check
ok "60 columns are enough for help" all '! grep -q ".\{61\}" "$own/out"'

# --- board
fits() { ! grep -q ".\{$(($1 + 1))\}" "$own/out"; }
tries ./sockeye
ok "sockeye alone shows the board" all "ends 0" "says 'A raw TCP client'" "says 'next: ./sockeye start 1'"
cp "$own/out" "$own/alone"
tries ./sockeye board
ok "and so does sockeye board" same "$own/out" "$own/alone"
ok "80 columns are enough" fits 80
ok "no colour in a file" all '! grep -q "$(printf "\033")" "$own/out"'
tries env COLUMNS=60 ./sockeye
ok "60 columns are enough for the board" all "fits 60" "says 'next: ./sockeye start 1'"
tries env LC_ALL=C ./sockeye
ok "nothing but ASCII without UTF-8" all "ends 0" '! LC_ALL=C grep -q "[^ -~]" "$own/out"'
if command -v script > /dev/null; then
    tries env TERM=xterm script -qec ./sockeye /dev/null
    ok "colour on a terminal" grep -q "$(printf '\033')" "$own/out"
    tries env TERM=xterm NO_COLOR=1 script -qec ./sockeye /dev/null
    ok "NO_COLOR is heard" all "says 'next: '" '! grep -q "$(printf "\033")" "$own/out"'
else
    skip "colour on a terminal" "no script(1)"
    skip "NO_COLOR is heard" "no script(1)"
fi
tries sh -c './sockeye > /dev/full'
ok "a board that can't be written is a fault" all "ends 3" "complains 'No space left on device'"

# --- start, next
tries ./sockeye hint 1
ok "no hint before the start" all "ends 1" "complains 'is not started: ./sockeye start 1'"
tries ./sockeye run 1
ok "nothing to run before the start" all "ends 1" "complains 'is not there: ./sockeye start 1'"
tries ./sockeye start 1
ok "start says what to read, to edit, and to type" all "ends 0" "says lessons/01-tcp-client/README.md" \
    'says "$client"' "says './sockeye check 1'"
ok "start copies the skeleton" same "$client" lessons/01-tcp-client/tcp_client.c
ok "and nothing else" all '[ "$(ls -A "$SOCKEYE_WORK/01-tcp-client")" = tcp_client.c ]'
echo "/* mine */" >> "$client"
cp "$client" "$own/mine.c"
tries ./sockeye start 1
ok "start touches nothing that is there" all "ends 0" "says 'nothing is changed'" 'same "$client" "$own/mine.c"'
tries ./sockeye next
ok "next says where you are" all "ends 0" "says 'You are at lesson 1'" "says './sockeye check 1'"
tries ./sockeye board
ok "the board knows what is started" all "says started" "says 'next: ./sockeye check 1'"
tries ./sockeye start 90
ok "start copies both programs of a lesson" all "ends 0" '[ -f "$SOCKEYE_WORK/90-two-programs/first.c" ]' \
    '[ -f "$SOCKEYE_WORK/90-two-programs/second.c" ]'
rm "$SOCKEYE_WORK/90-two-programs/second.c"
echo "int main(void) { return 5; }" > "$SOCKEYE_WORK/90-two-programs/first.c"
tries ./sockeye start 90
ok "start brings back the one that is missing, alone" all '[ -f "$SOCKEYE_WORK/90-two-programs/second.c" ]' \
    'grep -q "return 5" "$SOCKEYE_WORK/90-two-programs/first.c"'
tries ./sockeye run 90 first
ok "run runs the program that is named" ends 5
tries ./sockeye run 90 second
ok "and the other one" ends 3
for command in "hint 90:no hints" "peer 90:no peer" "solution 90 --anyway:no solution"; do
    # shellcheck disable=SC2086 # several arguments
    tries ./sockeye ${command%%:*}
    expected=${command#*:}
    ok "a lesson without: sockeye ${command%%:*}" all "ends 1" 'complains "$expected"'
done

# --- reset
tries ./sockeye reset 1
ok "reset puts the skeleton back" all "ends 0" 'same "$client" lessons/01-tcp-client/tcp_client.c'
ok "and keeps what was there" all 'same "$client.1" "$own/mine.c"' 'says "$client.1"'
tries ./sockeye reset 1
ok "there is nothing to keep of a skeleton" all "ends 0" "says 'skeleton already'" '[ ! -e "$client.2" ]'
echo "/* other */" > "$client"
tries ./sockeye reset 1
ok "reset overwrites nothing that it kept before" all "ends 0" 'same "$client.1" "$own/mine.c"' \
    'grep -q other "$client.2"' 'same "$client" lessons/01-tcp-client/tcp_client.c'
rm "$client"
tries ./sockeye reset 1
ok "reset puts a skeleton where nothing is" all "ends 0" 'same "$client" lessons/01-tcp-client/tcp_client.c'
ok "no temporary file is left" all '[ "$(ls -A "$SOCKEYE_WORK/01-tcp-client" | wc -l)" -eq 3 ]'

# --- run
cat > "$client" << 'PROGRAM'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char *argv[])
{
    char line[100] = "";
    if (argc > 1 && strcmp(argv[1], "abort") == 0)
        abort();
    if (argc > 1 && strcmp(argv[1], "end") == 0)
        raise(SIGTERM);
    if (fgets(line, sizeof line, stdin) == NULL)
        return 9;
    for (int i = 0; i < argc; i++)
        printf("<%s>", argv[i]);
    printf("%s", line);
    fprintf(stderr, "on stderr\n");
    return argc;
}
PROGRAM
echo typed | ./sockeye run 1 'a b' '' --help -h > "$own/out" 2> "$own/err"
status=$?
ok "run hands on arguments, stdin, stdout, stderr and the status" all "ends 5" \
    'grep -qx "<tcp_client><a b><><--help><-h>typed" "$own/out"' "complains 'on stderr'"
tries ./sockeye run 1 end
ok "a program that a signal ended: 128 and its number" all "ends 143" "complains SIGTERM"
tries ./sockeye run 1 abort
ok "and that is said" all "ends 134" "complains 'was ended by SIGABRT'"
ok "run leaves no temporary file" is_empty "$TMPDIR"
echo "int main(void) { int unused; return 0; }" > "$client"
tries ./sockeye run 1
ok "run shows the compiler's warnings" all "ends 0" 'grep -q "unused variable" "$own/err"'
echo "int main(void) { return nothing; }" > "$client"
tries ./sockeye run 1
ok "run shows the compiler's errors, and what they mean" all "ends 1" 'grep -q "undeclared" "$own/err"' \
    'grep -q "does not compile" "$own/err"'
tries ./sockeye hint 1
ok "without a check the hint is one for the start" all "ends 0" "says 'start: hint 1 of 3'" "says 'no check was run yet'"

# --- hint and solution, after checks
tries ./sockeye check 1
tries ./sockeye hint 1
ok "what does not compile gets the next hint for the start" all "ends 0" "says 'start: hint 2 of 3'" "says 'did not compile'"
tries ./sockeye board
ok "the board shows it, too" says "does not compile"
cp solutions/01-tcp-client/tcp_client.c "$client"
patch -s "$client" "$root/tests/mistakes/01-tcp-client/single-recv.patch"
tries ./sockeye check 1 --no-memcheck
tries ./sockeye solution 1
ok "no solution before full marks" all "ends 1" "complains '--anyway'" '[ ! -s "$own/out" ]'
tries ./sockeye solution 1 --anyway
ok "--anyway shows it all the same" all "ends 0" "says solutions/01-tcp-client/tcp_client.c" "says 'int main('"
tail -n +2 "$own/out" > "$own/solution.c"
ok "behind a line with its path, the solution is whole" same "$own/solution.c" solutions/01-tcp-client/tcp_client.c
for step in 1 2 3; do
    tries ./sockeye hint 1
    ok "hint $step is on the check that failed" all "ends 0" "says 'answer-in-pieces: hint $step of 3'" \
        "says 'prints an answer that arrives in pieces'"
    cp "$own/out" "$own/hint$step"
done
ok "each hint says something else" all '! same "$own/hint1" "$own/hint2"' '! same "$own/hint2" "$own/hint3"'
tries env COLUMNS=60 ./sockeye hint 1
ok "the last hint is repeated" all "ends 0" "says 'hint 3 of 3, once more'"
ok "60 columns are enough for it" fits 60
tries ./sockeye hint 1 refused
ok "a check that is named gets hints of its own" all "ends 0" "says 'refused: hint 1 of 3'" \
    "says 'check 1 --only refused'" "says 'hint 1 refused'"
cp lessons/01-tcp-client/tcp_client.c "$client"
tries ./sockeye check 1 --only usage
ok "a skeleton names the step that is to do" all "ends 1" "says 'find TODO 1'" "says 'hint 1 usage'"
sed '/see TODO 1"/d' lessons/01-tcp-client/tcp_client.c > "$client" # so every port is one
tries ./sockeye check 1 --only usage
ok "the step that a skeleton names may not be the one that is at fault" all "ends 1" "says 'as far as TODO 2'" \
    "says 'hint 1 usage'"
tries ./sockeye check 1 --no-memcheck
ok "the others that failed are named" all "ends 1" "says 'also failed   sends-line, refused: ./sockeye check 1 --only CHECK'"
cp solutions/01-tcp-client/tcp_client.c "$client"
tries ./sockeye check 1 --no-memcheck
tries ./sockeye hint 1
ok "no hint after full marks" all "ends 0" "says 'full marks'"
tries ./sockeye solution 1
ok "the solution after full marks" all "ends 0" "says 'int main('"
rm -r "$SOCKEYE_WORK/90-two-programs"
tries ./sockeye next
ok "next goes on to the next lesson" all "ends 0" "says 'Lesson 7'" '[ -f "$SOCKEYE_WORK/07-fork-server/fork_server.c" ]'
tries ./sockeye board
ok "the board shows full marks, and what is next" all "says 'full marks'" "says 'next: ./sockeye check 7'"
patch -s "$client" "$root/tests/mistakes/01-tcp-client/single-recv.patch"
tries ./sockeye check 1 --no-memcheck
tries ./sockeye hint 1
ok "hints begin anew when a check that had passed fails" says "hint 1 of 3"
cp solutions/01-tcp-client/tcp_client.c "$client"

# --- peer. Its words come through a pipe: hears PATTERN reads on until a line has it.
begins() {
    rm -f "$own/pipe"
    mkfifo "$own/pipe"
    : > "$own/heard"
    timeout 60 ./sockeye peer "$@" > "$own/pipe" 2> "$own/err" < /dev/null &
    peer=$!
    exec 3< "$own/pipe"
}
hears() {
    while IFS= read -r line <&3; do
        printf '%s\n' "$line" >> "$own/heard"
        case $line in *"$1"*) return 0 ;; esac
    done
    cp "$own/heard" "$own/out"
    return 1
}
leaves() {
    kill -s TERM "$peer"
    wait "$peer"
    status=$?
    peer=
    exec 3<&-
}
# port_in LINE: the port in a command that a peer says to type.
port_in() {
    # shellcheck disable=SC2086 # words: 1 127.0.0.1 PORT, or 16 -p PORT
    set -- ${1#*run }
    echo "$3"
}
begins 1
hears 'run 1 127.0.0.1'
command=${line#*./sockeye }
port=$(port_in "$line")
ok "peer 1 says what to type" all 'hears "Ctrl-C ends it"' '[ "$port" -gt 0 ]'
eval "tries ./sockeye $command"
ok "and answers it" all "ends 0" 'says "who'"'"'s there?"'
ok "it shows what it got" hears '──▶ "knock knock'
ok "and what it sent" hears '◀── "who'"'"'s there?\n"'
tries ./sockeye run 1 127.0.0.1 "$port" "$(printf 'a\001\377')"
ok "bytes are escaped" hears '──▶ "a\001\377'
tries ./sockeye peer 1 --port "$port"
ok "a port that is in use" all "ends 1" "complains 'port $port: Address already in use'"
leaves
ok "the peer ends when it is told to, with status 0" ends 0
begins 1 --reset
hears 'run 1 127.0.0.1'
tries ./sockeye run 1 127.0.0.1 "$(port_in "$line")" hello
ok "peer 1 --reset: a reset in the middle of the answer" all "ends 1" "complains 'Connection reset'" 'hears "reset"'
leaves
begins 1 --half-close
hears 'run 1 127.0.0.1'
tries ./sockeye run 1 127.0.0.1 "$(port_in "$line")" hello
ok "peer 1 --half-close: the end comes first, the line is read" all "ends 0" '[ ! -s "$own/out" ]' 'hears "◀── end-of-file"' \
    'hears "──▶ \"hello"'
leaves
begins 1 --flood
hears 'run 1 127.0.0.1'
timeout 60 ./sockeye run 1 127.0.0.1 "$(port_in "$line")" hello 2> "$own/err" | wc -c > "$own/out"
ok "peer 1 --flood: 64 MiB more" says 67108875
leaves
begins 1 --dribble
hears 'run 1 127.0.0.1'
tries ./sockeye run 1 127.0.0.1 "$(port_in "$line")" ''
ok "peer 1 --dribble: a byte at a time" all "ends 0" "says 'you said nothing'" 'hears "◀── \"y\""' 'hears "◀── \"\\n\""'
leaves

# peer 1, turned round, is a server for peer 7.
begins 1
hears 'run 1 127.0.0.1'
port=$(port_in "$line")
printf 'one\ntwo' | timeout 60 ./sockeye peer 7 --port "$port" > "$own/out" 2> "$own/err"
status=$?
ok "peer 7 sends what is typed, and shows what comes back" all "ends 0" 'says "──▶ \"one\\n\""' 'says "◀── \"one who?\\n\""'
tries ./sockeye peer 7 --port "$port" --count 20 --say hello
ok "peer 7 --count: many clients, each with its line" all "ends 0" '[ "$(grep -c "◀── .hello who" "$own/out")" -eq 20 ]'
tries ./sockeye peer 7 --port "$port" --reset
ok "peer 7 --reset" all "ends 0" 'says "──▶ reset"'
leaves
tries ./sockeye peer 7 --port "$port"
ok "peer 7 without a server" all "ends 1" "complains 'nobody listens on 127.0.0.1 port $port'" \
    "complains './sockeye run 7 $port'"

begins 16 --junk --twice
hears 'run 16 -p'
port=$(port_in "$line")
if command -v bash > /dev/null; then
    asked=$(date +%s)
    timeout 60 bash -c 'exec 4<> "/dev/udp/127.0.0.3/$0"; printf "" >&4; printf "?" >&4
        for i in 1 2 3; do dd bs=100 count=1 <&4 2> /dev/null | od -An -tx1; done' "$port" > "$own/out" 2> "$own/err"
    status=$?
    told=$(date +%s)
    seconds=$(printf '%d' "0x$(sed -n 2p "$own/out" | tr -d ' ')")
    meant=$((seconds + 2 - 2208988800)) # the true time, by a clock that is two seconds behind; each is cut to whole ones
    ok "peer 16 --junk: something else comes first" says "6e 6f 74 20 61 20 74 69 6d 65"
    ok "the clock at 127.0.0.3 is two seconds behind" all '[ "$meant" -ge "$((asked - 1))" ]' '[ "$meant" -le "$((told + 1))" ]'
    ok "peer 16 --twice: it says so again" all '[ "$(wc -l < "$own/out")" -eq 3 ]'
    ok "and shows it" all 'hears "127.0.0.3 "' 'hears "2 s behind"'
else
    for words in junk offset twice shows; do
        skip "peer 16: $words" "no bash, which has /dev/udp"
    done
fi
leaves
ok "the clocks end when they are told to" ends 0

# --- doctor
tries ./sockeye doctor
ok "doctor looks at everything" all 'says compiler' 'says "private network"' 'says memcheck' 'says strace' 'says "work folder"' \
    'says "$SOCKEYE_CACHE"' '[ "$status" -le 1 ]' '[ ! -s "$own/err" ]'
if grep -q "ok *compiler" "$own/out"; then
    missing=$(grep -c '^ *missing *\(temp\|comp\|priv\|memc\|stra\|/proc\|IPv6\|work\)' "$own/out")
    ok "its status says whether all can be graded" [ "$status" -eq "$((missing > 0))" ]
fi
mkdir "$own/bin"
for command in sh cc as ld; do
    ln -s "$(command -v "$command")" "$own/bin/$command"
done
tries env PATH="$own/bin" ./sockeye doctor
# installs PACKAGE FINDING: below the finding stands the command that installs the package.
installs() { grep -A3 "missing *$2" "$own/out" | grep -qE "(apt install|dnf install|pacman -S) $1\$"; }
ok "it names the package of what is missing" all "ends 1" "installs bubblewrap 'private network'" \
    "installs valgrind memcheck" "installs socat socat"
tries env TMPDIR=/proc ./sockeye doctor
ok "it says so where there is no temporary folder" all "ends 1" "says TMPDIR" "says 'Nothing can be graded'"
ok "doctor leaves nothing behind" all 'is_empty "$TMPDIR"' '[ -z "$(ls -A "$SOCKEYE_WORK" | grep doctor)" ]'

# --- A kit that can't be written, and a full disk.
if bwrap --unshare-user --ro-bind / / true 2> /dev/null; then
    mkdir "$own/elsewhere" "$own/full"
    timeout 60 bwrap --unshare-user --bind / / --dev /dev --ro-bind "$own/kit" "$own/kit" sh -c '
        unset SOCKEYE_WORK
        cd "$1" && "$2/sockeye" start 1 && "$2/sockeye" board' - "$own/elsewhere" "$own/kit" > "$own/out" 2> "$own/err"
    status=$?
    ok "with a kit that can't be written, work lies where you are" all "ends 0" "says 'edit    work/01-tcp-client/tcp_client.c'" \
        '[ -f "$own/elsewhere/work/01-tcp-client/tcp_client.c" ]' '[ ! -e "$own/kit/work" ]'
    on_full_disk='
        export SOCKEYE_WORK="$1"
        ./sockeye start 1 > /dev/null && echo "int main(void) { return 1; }" > "$1/01-tcp-client/tcp_client.c"
        cat /dev/zero > "$1/filling" 2> /dev/null
        ./sockeye reset 1; echo "reset $?"
        cat "$1/01-tcp-client/tcp_client.c"; ls -A "$1/01-tcp-client"
        ./sockeye start 7; echo "start $?"
        ls -A "$1"'
    timeout 60 bwrap --unshare-user --bind / / --dev /dev --size 65536 --tmpfs "$own/full" sh -c "$on_full_disk" - "$own/full" \
        > "$own/out" 2> "$own/err"
    status=$?
    ok "a full disk is named" all 'says "reset 3"' 'says "start 3"' '[ "$(grep -c "the disk is full" "$own/err")" -eq 2 ]'
    ok "and loses nothing" all 'says "return 1;"' '[ "$(grep -c "tcp_client.c" "$own/out")" -eq 1 ]'
    ok "and no lesson is half started" all '! says 07-fork-server'
else
    for words in "a kit that can't be written" "a full disk is named" "and loses nothing" "and no lesson is half started"; do
        skip "$words" "no bubblewrap, or no user namespaces"
    done
fi

echo "1..$count"
exit $failed
