#!/bin/sh
# hl7apy 1.3.5: strict validation lets words under a number pass.
# HL7 v2.5, chapter 2A (NM): "a number represented as a series of ASCII numeric characters". Parsed with VALIDATION_LEVEL.STRICT, an OBX
# segment with OBX-2 NM and OBX-5 "strong" is taken without an error, and validate() says True. So imtdx checks the types of OBX segments itself.
# Seen on 2026-11-28, Python 3.11: prints "strong True". Fails when that changes.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install -q hl7apy==1.3.5 2>/dev/null
cat > "$place/try.py" <<'PY'
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

text = (
    "MSH|^~\\&|A|B|C|D|20240101120000||ORU^R01^ORU_R01|1|P|2.5\rPID|1||1^^^X||Doe^J\rOBR|1||1|IHC\r"
    "OBX|1|NM|KI67^Ki-67^L||strong|%|||||F\r"
)
message = parse_message(text, validation_level=VALIDATION_LEVEL.STRICT)
obx = message.oru_r01_patient_result.oru_r01_order_observation.oru_r01_observation.obx
print(obx.obx_5.value, message.validate())
PY
seen=$("$place/env/bin/python" "$place/try.py")
echo "$seen"
[ "$seen" = "strong True" ]
