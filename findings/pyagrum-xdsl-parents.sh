#!/bin/sh
# pyAgrum 3.3.1 reads and writes the tables of XDSL (GeNIe, SMILE) with the parents exchanged.
#
# SMILE's rule: in <probabilities> the state of the node itself changes fastest, then the last parent, the first parent slowest.
# pyAgrum takes the first parent as the one that changes faster. A valid file with two parents of unequal sizes is accepted, and
# P(c1 | a0, b1) comes out as the value that belongs to other parents, without any message.
#
# Output seen: "by SMILE's rule 0.2, pyAgrum 0.3" and exit 0. Fails when the values agree.
set -eu
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT
python3 -m venv "$d/v" && "$d/v/bin/pip" -q install --no-deps pyagrum==3.3.1 numpy==2.4.6
cat > "$d/n.xdsl" <<'X'
<?xml version="1.0" encoding="UTF-8"?>
<smile version="1.0" id="n">
<nodes>
<cpt id="A"><state id="a0" /><state id="a1" /><probabilities>0.5 0.5</probabilities></cpt>
<cpt id="B"><state id="b0" /><state id="b1" /><state id="b2" /><probabilities>0.2 0.3 0.5</probabilities></cpt>
<cpt id="C"><state id="c0" /><state id="c1" /><parents>A B</parents>
<probabilities>0.9 0.1 0.8 0.2 0.7 0.3 0.6 0.4 0.5 0.5 0.4 0.6</probabilities></cpt>
</nodes>
<extensions><genie version="1.0" app="x" name="n"><node id="A"><name>A</name><interior color="e5f6f7" /><outline color="000080" /><font color="000000" name="Arial" size="8" /><position>0 0 9 9</position></node><node id="B"><name>B</name><interior color="e5f6f7" /><outline color="000080" /><font color="000000" name="Arial" size="8" /><position>0 20 9 29</position></node><node id="C"><name>C</name><interior color="e5f6f7" /><outline color="000080" /><font color="000000" name="Arial" size="8" /><position>0 40 9 49</position></node></genie></extensions>
</smile>
X
cd "$d" && "$d/v/bin/python" - <<'P'
import pyagrum as gum
assert gum.__version__ == "3.3.1"
net = gum.loadBN("n.xdsl")
got = float(net.cpt("C")[{"A": "a0", "B": "b1", "C": "c1"}])
print(f"by SMILE's rule 0.2, pyAgrum {got:g}")
raise SystemExit(abs(got - 0.2) < 1e-9)
P
