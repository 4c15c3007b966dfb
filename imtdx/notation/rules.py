"""The rules: what each kind of item does to the state."""

from __future__ import annotations

from collections.abc import Callable

from imtdx.notation.dashes import on_dash, on_long_dash, on_query
from imtdx.notation.genetics import on_cue
from imtdx.notation.kinds import Kind
from imtdx.notation.links import (
    on_and,
    on_break,
    on_but,
    on_close,
    on_colon,
    on_comma,
    on_for,
    on_respectively,
    on_stop,
)
from imtdx.notation.naming import on_name
from imtdx.notation.notes import read_bracket
from imtdx.notation.numbers import on_glue, on_number
from imtdx.notation.phrases import IN_PHRASE
from imtdx.notation.results import on_phrase
from imtdx.notation.state import State
from imtdx.notation.topics import (
    on_aside,
    on_component,
    on_ditto,
    on_entity,
    on_except,
    on_exclude,
    on_general,
    on_modal,
    on_tested,
    on_time,
    on_topic,
)
from imtdx.notation.unknown import on_unknown

__all__ = ["RULES"]

RULES: dict[Kind, Callable[[State, int], int]] = {
    Kind.NAME: on_name,
    **dict.fromkeys(IN_PHRASE, on_phrase),
    Kind.GLUE: on_glue,
    Kind.CELL: on_glue,
    Kind.COMPARE: on_glue,
    Kind.SCORE: on_glue,
    Kind.HSCORE: on_glue,
    Kind.NUMBER: on_number,
    Kind.FOR: on_for,
    Kind.COMMA: on_comma,
    Kind.AND: on_and,
    Kind.BUT: on_but,
    Kind.COLON: on_colon,
    Kind.STOP: on_stop,
    Kind.BREAK: on_break,
    Kind.EXCEPT: on_except,
    Kind.DITTO: on_ditto,
    Kind.ASIDE: on_aside,
    Kind.TESTED: on_tested,
    Kind.COMPONENT: on_component,
    Kind.TOPIC: on_topic,
    Kind.ENTITY: on_entity,
    Kind.GENERAL: on_general,
    Kind.EXCLUDE: on_exclude,
    Kind.MODAL: on_modal,
    Kind.CUE: on_cue,
    Kind.REPEAT: on_time,
    Kind.FIRST: on_time,
    Kind.NOW: on_time,
    Kind.DASH: on_dash,
    Kind.LONG_DASH: on_long_dash,
    Kind.QUERY: on_query,
    Kind.UNKNOWN: on_unknown,
    Kind.OPEN: read_bracket,
    Kind.CLOSE: on_close,
    Kind.RESPECTIVELY: on_respectively,
}
