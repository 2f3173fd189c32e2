#!/bin/sh
# pandas 3.1.1, pyarrow 26.0.1, polars 2.1.0: a column without any value has no type of its own, and each writer of
# parquet gives it another one, without a word.
# Seen for the same column of None: null (pandas, pyarrow, polars), large_string (polars, from the pandas table), double
# (pandas, once the column is one of floats).
# Why it matters: a hand that is never found in a clip is such a column. A reader that asks for floating-point numbers
# refuses these files, though nothing in them is wrong; and files of one data set differ in their schema.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

warnings.simplefilter("error")
table = pd.DataFrame({"frame": [0, 1], "x_left_hand_0": [None, None]})
table.to_parquet("pandas.parquet")
pl.from_pandas(table).write_parquet("polars_from_pandas.parquet")
pl.DataFrame({"frame": [0, 1], "x_left_hand_0": [None, None]}).write_parquet("polars.parquet")
pq.write_table(pa.table({"frame": [0, 1], "x_left_hand_0": [None, None]}), "pyarrow.parquet")
table.astype({"x_left_hand_0": float}).to_parquet("pandas_of_floats.parquet")
found = {}
for name in ("pandas", "polars_from_pandas", "polars", "pyarrow", "pandas_of_floats"):
    found[name] = str(pq.read_schema(f"{name}.parquet").field("x_left_hand_0").type)
    print(f"{name}: {found[name]}")
expected = ["null", "large_string", "null", "null", "double"]
sys.exit(list(found.values()) != expected)
PYTHON
