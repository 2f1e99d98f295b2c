#!/bin/bash
# Names that others chose, through every output and every way in: see names.py.
. "$(dirname "$0")/../lib.sh"
python3 "$(dirname "$0")/names.py" "$WORK"
