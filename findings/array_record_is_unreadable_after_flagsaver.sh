#!/usr/bin/env bash
# array_record 0.8.6 and absl-py 2.5.1, Python 3.11, Linux: absl's flagsaver, which tests put around a command that is run
# in their process, removes the flags of every module that was first imported inside it. array_record defines its flags
# at the import and looks them up by name at every opening, so that from then on no file can be opened in that process,
# with "AttributeError: grain_num_threads_computing_num_records"; TFDS's data sources, which read by it, neither. Whether
# a test fails thus depends on which test was the first to read. Importing the module first helps, as does putting its
# flags back.
#
# Seen: inside the flagsaver 3 records; after it AttributeError; in a process that imports array_record before, 3 and 3.
#
# Exits non-zero if a file can be opened after the flagsaver.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet array_record==0.8.6 absl-py==2.5.1
cat > "$folder/program.py" <<'PY'
import sys

from absl import flags
from absl.testing import flagsaver

FILE, FIRST = sys.argv[1], sys.argv[2] == "first"
flags.FLAGS(["program"])
if FIRST:
    import array_record.python.array_record_data_source


def records():
    from array_record.python.array_record_data_source import ArrayRecordDataSource

    try:
        return len(ArrayRecordDataSource([FILE]))
    except AttributeError as error:
        return f"AttributeError: {error}"


with flagsaver.flagsaver():
    inside = records()
print(inside, "inside,", records(), "after")
PY
"$folder/venv/bin/python" - "$folder/three.array_record" <<'PY'
import sys

from array_record.python.array_record_module import ArrayRecordWriter

writer = ArrayRecordWriter(sys.argv[1], "group_size:1")
for record in (b"one", b"two", b"three"):
    writer.write(record)
writer.close()
PY
within=$("$folder/venv/bin/python" "$folder/program.py" "$folder/three.array_record" within)
first=$("$folder/venv/bin/python" "$folder/program.py" "$folder/three.array_record" first)
echo "imported within: $within; imported first: $first"
[ "$within" = "3 inside, AttributeError: grain_num_threads_computing_num_records after" ]
[ "$first" = "3 inside, 3 after" ]
