"""What one cell of a table tells: findings, context, and what in it was not used. The one reading behind every way of scoring a table."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from imtdx.batch.columns import Role, unfit
from imtdx.errors import ContextError, InputError, PanelError
from imtdx.notation import Lexicon, read_age, read_case, read_morphology, read_results, read_sex, read_site
from imtdx.notation.scales import CODES, whole
from imtdx.notation.tokens import normalise, tokenise
from imtdx.panel import Context, Finding, Panel, Unrecognised

__all__ = ["NONE", "Problem", "Told", "cell_text", "constant", "panel_told", "shown", "tell"]

_DECIMAL_COMMA = re.compile(r"[<>≤≥~]?\s*\d+,\d+\s*%?")
#: ``="0012"``: how CSV keeps a spreadsheet from reading a text as something else.
_CONSTANT = re.compile(r'="((?:[^"]|"")*)"')
#: Cells that say that nothing was entered.
_NOTHING = re.compile(
    r"n\.?\s?/?\s?[ad]\.?|n\.?[pt]\.?|null|nan|none|unknown|unk|not (?:done|performed|available|applicable|known|stated|given|reported|assessed|"
    r"recorded|evaluated|examined)|missing|pending|[-?.—–]",
    re.IGNORECASE,
)
NO_CONTEXT = Context()
_TICKED = frozenset({"checked", "1", "true", "yes", "y", "ticked", "selected", "x", "positive"})
_UNTICKED = frozenset({"unchecked", "0", "false", "no", "n", "unticked", "not selected", "negative"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a cell that was not used.

    Attributes:
        value: the words.
        problem: why not.
        suggestion: what to do, or empty.
        failed: whether the row counts as one with problems; False for a stain that is real but not in the model.
    """

    value: str
    problem: str
    suggestion: str = ""
    failed: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """A cell as read: what it tells, and what in it was not used. With neither it was understood and carries no weight.

    ``complete``: whether the row tells every stain that was asked for, where the cell says so.
    """

    findings: tuple[Finding, ...] = ()
    context: Context = NO_CONTEXT
    problems: tuple[Problem, ...] = ()
    complete: bool | None = None


NONE = Told()


def tell(role: Role, value: Any, lexicon: Lexicon) -> Told:
    """Read one cell that is not empty. Nothing is raised, and nothing dropped: a cell that tells nothing and has no problem says so
    itself (not done, not interpretable, unknown).

    Args:
        role: of its column.
        value: text, number, date.
        lexicon: names and words.
    """
    if why := unfit(role.kind, value):
        return Told(problems=(Problem(shown(value), *why),))
    text = cell_text(value)
    if not text:
        return NONE
    try:
        return _tell(role, text, lexicon)
    except PanelError as exc:
        return Told(problems=(Problem(text[:200], exc.message, exc.suggestion),))
    except (ContextError, InputError) as exc:
        message, _, suggestion = str(exc).partition("; ")
        return Told(problems=(Problem(text[:200], message, suggestion),))


def _tell(role: Role, text: str, lexicon: Lexicon) -> Told:
    said = text
    if role.value:
        box = text.casefold()
        if box in _UNTICKED:
            # that this box is empty says nothing of the others
            return NONE
        if box not in _TICKED:
            raise PanelError(f"{text[:60]!r} is neither Checked nor Unchecked", suggestion="write 1 or 0")
        text = role.value
    elif role.codes:
        text = _decoded(role, text)
    if role.kind in ("age", "sex", "site") and not normalise(text).strip():
        raise PanelError(f"{text[:60]!r} is no {role.kind}", suggestion="leave the cell empty where it is not known")
    if role.unit == CODES and role.kind != "marker" and re.fullmatch(r"-?\d+", whole(text)):
        hint = f"say it with --map, such as {{role: {role.kind}, codes: {{1: ..., 2: ...}}}}"
        raise PanelError(f"{text} is a code, and what it means is not in the table", suggestion=hint)
    match role.kind:
        case "marker":
            return Told(read_results(role.marker, text, lexicon, role.unit))
        case "panel":
            try:
                return panel_told(text, read_case(text, lexicon))
            except PanelError as exc:
                return panel_told(text, Problem(text, exc.message, exc.suggestion))
        case "morphology":
            features, unread = read_morphology(text, lexicon)
            problems = [problem_of(u) for u in unread]
            if not features and _NOTHING.fullmatch(text.strip()):
                problems = []
            elif not features and not problems and not lexicon_feature(text, lexicon):
                hint = "name features such as myxoid stroma or necrosis, or write MORPH_NECROSIS=absent"
                problems = [Problem(text[:200], "no feature that the model knows", hint)]
            return Told(tuple(features), problems=tuple(problems))
        case "age":
            age = read_age(f"{text} {role.unit}" if role.unit and not re.search(r"[^\W\d_]", text) else text)
            return Told(context=Context(age=age))
        case "sex":
            return Told(context=Context(sex=read_sex(text)))
        case "complete":
            word = whole(text.strip()).casefold()
            if word in _TICKED or word == "complete":
                return Told(complete=True)
            if word in _UNTICKED or word == "incomplete":
                return Told(complete=False)
            raise PanelError(f"{text[:60]!r} is neither yes nor no", suggestion="write yes or no")
        case "site":
            return Told(context=Context(site=read_site(text, lexicon), site_reported=said))
    raise ValueError(f"a {role.kind} column holds no evidence")


def _decoded(role: Role, text: str) -> str:
    """The word that a code stands for; words pass.

    Raises:
        PanelError: a number that the legend does not hold.
    """
    code = whole(text.strip())
    for known, word in role.codes:
        if known.casefold() == code.casefold():
            return word
    if re.fullmatch(r"-?\d+(?:\.\d+)?", code):
        held = ", ".join(f"{c} {w}" for c, w in role.codes)
        raise PanelError(
            f"{code} is no code of this column ({held})", suggestion="add it to the codes given with --map"
        )
    return text


def panel_told(text: str, parsed: Panel | Problem | None) -> Told:
    """What a panel in words tells.

    Args:
        text (str): the cell.
        parsed: as `imtdx.batch.vocabulary.parse_text` gives it.
    """
    if isinstance(parsed, Problem):
        return Told(problems=(parsed,))
    if parsed is None:
        return NONE
    problems = tuple(problem_of(u) for u in parsed.unrecognised)
    if not parsed.told:
        if _NOTHING.fullmatch(text.strip()):
            problems = ()
        elif not problems and parsed.context == NO_CONTEXT:
            hint = "name each stain with its result, such as ALK+ SMA focal"
            problems = (Problem(text[:200], "no stain with a result is named", hint),)
    return Told(parsed.told, parsed.context, problems)


def lexicon_feature(text: str, lexicon: Lexicon) -> bool:
    """Whether a text names an H&E feature."""
    tokens = [t for t in tokenise(normalise(text)) if t.kind != "break"]
    return any(lexicon.feature_at(tokens, i) for i in range(len(tokens)))


def problem_of(unrecognised: Unrecognised) -> Problem:
    """A piece of text that was not used, for the issues file."""
    suggestion = unrecognised.suggestion
    if suggestion and " " not in suggestion:
        suggestion = f"did you mean {suggestion!r}?"
    return Problem(
        unrecognised.text, unrecognised.reason or "not understood", suggestion, failed=not unrecognised.stain
    )


def shown(value: Any) -> str:
    """A cell for the issues file: NUL characters would not be seen."""
    return str(value).replace("\0", "\\0")[:200]


def constant(text: str) -> str:
    """The text inside ``="..."``; any other text as it is."""
    match = _CONSTANT.fullmatch(text)
    return match[1].replace('""', '"') if match else text


def cell_text(value: Any) -> str:
    """A cell as text: whole floats without ".0", a lone decimal comma as a point, nothing for an empty cell.

    Args:
        value: text, bytes, number, bool, date, ``None`` or NaN.
    """
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        text = value.strip()
        if text[:2] == '="':
            text = constant(text).strip()
        if text[:1] == "'" and text[1:2] in "+-=@" and len(text) > 1:
            # the apostrophe that keeps a spreadsheet from reading "+" as a formula
            text = text[1:]
        if "," in text and _DECIMAL_COMMA.fullmatch(text):
            return text.replace(",", ".")
        return text
    if isinstance(value, (bool, np.bool_)):
        return "positive" if value else "negative"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return ""
        return f"{number:.0f}" if number.is_integer() and abs(number) < 1e15 else repr(number)
    text = str(value)
    # pandas spells its missing values in several ways
    return "" if text in ("NaT", "<NA>", "nan") else text
