#!/bin/bash
# Two files of a command line that are one: by name, by link, by inode, by what the shell has opened. Links that lead
# nowhere. What is no file stays what it is.
# shellcheck disable=SC2094 # that is the point
. "$(dirname "$0")/../lib.sh"
cd "$WORK" || exit 1
rec=$TESTS/golden/stuck/in.rec

all() { ls -l --full-time && find . -type f -exec cksum {} +; }
# refused NAME FIRST SECOND COMMAND...: exit status 2, one error which names both, nothing written or removed.
refused() {
	local name=$1 first=$2 second=$3 before
	shift 3
	before=$(all)
	"$@" 2>"../files-$$.err"
	local status=$?
	mv "../files-$$.err" "$WORK.err"
	if [ $status = 2 ] && one_error "^error: $first and $second are one file" "$WORK.err" &&
		[ "$before" = "$(all)" ]; then
		ok "files-$name" "$ERROR"
	else
		fail "files-$name" "status $status: ${WHY:-$(diff <(echo "$before") <(all))}"
	fi
}
on_exit "rm -f $WORK.err"
clean() { rm -rf ./* && cp "$rec" in.rec; }

clean
refused new "-w 'X'" "--ready-file 'X'" "$TCPDWELL" hist -d 1 --ready-file X -w X
refused spelled "-w 'X'" "--ready-file './X'" "$TCPDWELL" -d 1 --ready-file ./X -w X
refused folder "-w '$WORK/X'" "--ready-file '../${WORK##*/}/X'" "$TCPDWELL" -d 1 --ready-file "../${WORK##*/}/X" -w "$WORK/X"
mkdir folder
ln -s folder same
refused linked-folder "-w 'folder/X'" "--ready-file 'same/X'" "$TCPDWELL" -d 1 -w folder/X --ready-file same/X
ln -s X dangling
ln -s dangling chain
refused dangling "-w 'chain'" "--ready-file 'X'" "$TCPDWELL" -d 1 -w chain --ready-file X
echo mine >X
refused there "-w 'X'" "--ready-file 'X'" "$TCPDWELL" -d 1 --ready-file X -w X
refused link "-w 'chain'" "--ready-file 'X'" "$TCPDWELL" -d 1 -w chain --ready-file X
ln X hard
refused hard-link "-w 'hard'" "--ready-file 'X'" "$TCPDWELL" -d 1 -w hard --ready-file X
mkfifo fifo
refused fifo "-w 'fifo'" "--ready-file 'fifo'" "$TCPDWELL" -d 1 -w fifo --ready-file fifo
rm fifo
refused page "the report 'page.html'" "--ready-file 'page.html'" "$TCPDWELL" report page.html -d 1 --ready-file page.html
refused page-of-itself "-r 'in.rec'" "the report 'in.rec'" "$TCPDWELL" report in.rec -r in.rec
refused page-of-input "-r '-'" "the report 'in.rec'" "$TCPDWELL" report in.rec -r - <in.rec
to() { "$TCPDWELL" "${@:2}" >>"$1"; }
refused output "-w 'X'" "standard output" to X -d 1 -w X
refused output-stuck "-w 'X'" "standard output" to X stuck -w X
refused output-ready "--ready-file 'X'" "standard output" to X hist -d 1 --ready-file X
refused output-dev "-w '/dev/stdout'" "standard output" to X -d 1 -w /dev/stdout
refused output-input "-r 'in.rec'" "standard output" to in.rec -r in.rec
"$TCPDWELL" -d 1 -w X 2>>X
[ $? = 2 ] && grep -q "^error: -w 'X' and standard error are one file" X && ok files-errors "$(tail -2 X | head -1)" || fail files-errors "$(cat X)"
piped() { "$TCPDWELL" -d 1 -w /dev/stdout | cat; return "${PIPESTATUS[0]}"; }
refused pipe "-w '/dev/stdout'" "standard output" piped

# What is written together on purpose.
clean
"$TCPDWELL" stuck -r in.rec >both 2>&1 && ok files-both "standard output and error in one" || fail files-both "$(cat both)"
"$TCPDWELL" report /dev/stdout -r in.rec >page.html && grep -q '^<!doctype html>' page.html &&
	ok files-dev-stdout "the page is where /dev/stdout leads" || fail files-dev-stdout "$(head -c 100 page.html)"
"$TCPDWELL" report /dev/null -r in.rec >/dev/null 2>err && ok files-null "/dev/null may be both" || fail files-null "$(cat err)"

# ---- links that lead nowhere ----

# page NAME: of the recording, to link.html.
page() { "$TCPDWELL" report -q -r in.rec link.html >out 2>err; }
for to in target.html "$WORK/target.html" folder/target.html chain.html; do
	clean
	mkdir folder
	ln -s folder/end.html chain.html
	ln -s "$to" link.html
	page
	status=$?
	if [ $status = 0 ] && [ -L link.html ] && grep -q '</html>' "$(readlink -f link.html)" && [ "$(find . -name '*.html.*')" = "" ]; then
		ok "files-dangling-$(tr -dc '[:lower:]' <<<"${to##*/}")" "link.html -> $to: written there"
	else
		fail "files-dangling-${to##*/}" "status $status: $(find . -ls; cat err)"
	fi
done
for to in nowhere/target.html /nowhere/target.html link.html; do
	clean
	ln -s "$to" link.html
	page
	status=$?
	if [ $status = 1 ] && [ -L link.html ] && one_error "^error: cannot write 'link.html'" err && [ "$(ls)" = "$(printf '%s\n' err in.rec link.html out)" ]; then
		ok "files-no-folder-$(tr -dc '[:lower:]' <<<"$to")" "$ERROR"
	else
		fail "files-no-folder-$to" "status $status: $WHY $(ls -l)"
	fi
done

# ---- what is no file ----

clean
mkfifo fifo
mkdir folder
ln -s /dev/null device
for there in fifo folder device; do
	"$TCPDWELL" -d 1 --ready-file $there >out 2>err
	status=$?
	[ $status = 2 ] && one_error "^error: --ready-file '$there': no regular file" err && { [ -p $there ] || [ -d $there ] || [ -L $there ]; } &&
		ok "files-ready-$there" "$ERROR" || fail "files-ready-$there" "status $status: $(cat err; ls -l $there)"
done
