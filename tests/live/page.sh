#!/bin/bash
# page.sh - the page of `report` in headless Chromium: no error, no request, every state and edge there, a click and a
# key show a histogram, phones, dark, paper; pictures in build/page/ to be looked at. Beside the live tests because
# these may write there.
. "$(dirname "$0")/../lib.sh"

needs page chromium python3 || exit 0
mkdir -p "$BUILD/page"
for name in page basic losses blind idle; do
	"$TCPDWELL" report "$BUILD/page/$name.html" -q -r "$TESTS/golden/$name/in.rec" || fail page "no report of $name"
done
# Accept queues: known, full, not told of, not asked for.
for name in queued backlog accepted; do
	"$TCPDWELL" report "$BUILD/page/$name.html" -q -r "$TESTS/golden/$name/in.rec" || fail page "no report of $name"
done
"$TCPDWELL" report "$BUILD/page/unasked.html" -q -r "$TESTS/golden/queued/in.rec" -s close-wait || fail page "no report of some states"
"$BUILD/fuzz/many" 200000 "$WORK/many.rec" && "$TCPDWELL" report "$BUILD/page/many.html" -q -r "$WORK/many.rec"
python3 "$TESTS/live/page.py" "$BUILD/page" "$BUILD"/page/{page,basic,losses,blind,idle,many,queued,backlog,accepted,unasked}.html 2>"$WORK/err"
status=$?
[ ! -s "$WORK/err" ] || fail page "$(tail -n 5 "$WORK/err" | tr '\n' ' ')"
exit $status
