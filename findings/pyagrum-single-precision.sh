#!/bin/sh
# pyAgrum 3.3.1 reads the numbers of BIF and of Hugin NET in single precision, those of BIFXML in double.
#
# 0.12345678901234567 comes back from .bif and .net about 1e-9 away, whatever digits the file carries; probabilities of a row
# that sum to 1 in the file no longer do.
#
# Output seen: "bif 1.7e-09, net 1.7e-09, bifxml 0" (to the power of ten). Fails when BIF or NET are read to 1e-12.
set -eu
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT
python3 -m venv "$d/v" && "$d/v/bin/pip" -q install --no-deps pyagrum==3.3.1 numpy==2.4.6
cd "$d" && "$d/v/bin/python" - <<'P'
from pathlib import Path
import pyagrum as gum
assert gum.__version__ == "3.3.1"
p = 0.12345678901234567
Path("n.bif").write_text(f"network n {{\n}}\nvariable A {{\n  type discrete [ 2 ] {{ x, y }};\n}}\nprobability ( A ) {{\n  table {p!r}, {1 - p!r};\n}}\n")
Path("n.net").write_text(f'net\n{{\n}}\nnode A\n{{\n  states = ("x" "y");\n}}\npotential (A)\n{{\n  data = ({p!r} {1 - p!r});\n}}\n')
Path("n.bifxml").write_text(f'<?xml version="1.0"?>\n<BIF VERSION="0.3"><NETWORK><NAME>n</NAME><VARIABLE TYPE="nature"><NAME>A</NAME><OUTCOME>x</OUTCOME>'
    f'<OUTCOME>y</OUTCOME></VARIABLE><DEFINITION><FOR>A</FOR><TABLE>{p!r} {1 - p!r}</TABLE></DEFINITION></NETWORK></BIF>\n')
off = {s: abs(float(gum.loadBN("n." + s).cpt("A")[0]) - p) for s in ("bif", "net", "bifxml")}
print(", ".join(f"{s} {v:.1e}" for s, v in off.items()))
raise SystemExit(not (off["bif"] > 1e-12 and off["net"] > 1e-12 and off["bifxml"] < 1e-15))
P
