#!/bin/sh
# make.sh - page.html, style.css and script.js as two C strings, on standard output: what of the page comes before the
# data, and what after. The hashes are for the page's content security policy: no other style, no other script.
# A line @FILE@ of page.html is that file, a line that ends in @ has no line end: a hash is of every byte in between.
set -eu
cd "$(dirname "$0")"

hash_of() { printf 'sha256-%s' "$(sha256sum "$1" | cut -d ' ' -f 1 | tr a-f A-F | basenc -d --base16 | base64)"; }

page() {
	awk -v style="$(hash_of style.css)" -v script="$(hash_of script.js)" '
		function put(text) {
			gsub(/\\/, "\\\\&", text)
			gsub(/"/, "\\\\&", text)
			gsub(/\t/, "\\t", text)
			printf "\t\"%s%s\"\n", text, newline
		}
		function put_file(name,    line) {
			while ((getline line < name) > 0)
				put(line)
			close(name)
		}
		BEGIN { newline = "\\n"; print "static const char report_page_before[] =" }
		/^@DATA@$/ { print "\t;\nstatic const char report_page_after[] ="; next }
		/^@.*@$/ { put_file(substr($0, 2, length($0) - 2)); next }
		{
			gsub(/@STYLE-HASH@/, style)
			gsub(/@SCRIPT-HASH@/, script)
			newline = sub(/@$/, "") ? "" : "\\n"
			put($0)
			newline = "\\n"
		}
		END { print "\t;" }
	' page.html
}

echo '/* Made by user/report/page/make.sh. NOLINTBEGIN */'
page
echo '/* NOLINTEND */'
