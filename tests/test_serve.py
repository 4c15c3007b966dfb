"""The server: the same answers as the API, refusals in one form, limits, and nothing of a case in its log."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import imtdx
from imtdx import Model

pytest.importorskip("starlette")
pytest.importorskip("httpx")

from starlette.testclient import TestClient

from imtdx.serve import app as application
from imtdx.serve.app import create_app

PANEL = "ALK+ SMA+ desmin focal+ CD117- S-100- Ki-67 10%"


@pytest.fixture(scope="module")
def client(model: Model) -> TestClient:
    return TestClient(create_app(model), base_url="http://127.0.0.1")


def test_diagnose_gives_the_json_of_the_api(client: TestClient, model: Model) -> None:
    got = client.post("/diagnose", json={"text": PANEL, "age": 5, "sex": "m", "site": "mesentery"})
    assert got.status_code == 200
    assert got.json() == json.loads(model.diagnose(PANEL, age=5, sex="m", site="mesentery").to_json())


def test_another_prior_and_what_was_ordered_are_passed_on(client: TestClient, model: Model) -> None:
    got = client.post("/diagnose", json={"text": PANEL, "prior": "uniform", "complete": True}).json()
    assert got == json.loads(Model(model.knowledge, "uniform").diagnose(PANEL, complete=True).to_json())


def test_read_gives_what_was_understood(client: TestClient) -> None:
    got = client.post("/read", json={"text": "9-year-old girl. ALK positive, S100 negative."}).json()
    reading = imtdx.read_report("9-year-old girl. ALK positive, S100 negative.").to_dict()
    assert got == {**got, **reading}
    assert got["knowledge"]["sha256"] == imtdx.load().knowledge.sha256 and got["citation_key"] and got["date"]
    assert [f["marker"] for f in got["findings"]] == ["ALK", "S100"]


def test_score_takes_rows_and_csv_and_answers_in_either(client: TestClient, model: Model) -> None:
    rows = [{"id": "a", "ALK": "+", "SMA": "+"}, {"id": "b", "ALK": "-", "SMA": "focal"}]
    expected = model.score(pd.DataFrame(rows))
    as_rows = client.post("/score", json={"rows": rows}).json()
    assert [r["p_imt"] for r in as_rows["rows"]] == pytest.approx(expected["p_imt"].tolist(), abs=1e-12)
    headers = {"content-type": "text/csv", "accept": "text/csv"}
    as_csv = client.post("/score", content="id,ALK,SMA\na,+,+\nb,-,focal\n", headers=headers)
    assert as_csv.text == expected.to_csv(index=False)
    assert as_csv.headers["x-imtdx-issues"] == "0"


def test_cells_that_are_not_understood_come_back(client: TestClient) -> None:
    got = client.post("/score", json={"rows": [{"id": "a", "ALK": "purple", "SMA": "+"}]}).json()
    assert [(i["column"], i["value"]) for i in got["issues"]] == [("ALK", "purple")]


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a misspelt key": ("/diagnose", {"json": {"text": PANEL, "agee": 5}}, "agee"),
    "no text": ("/diagnose", {"json": {}}, "text"),
    "an impossible age": ("/diagnose", {"json": {"text": PANEL, "age": 400}}, "400"),
    "an unknown prior": ("/diagnose", {"json": {"text": PANEL, "prior": "mine"}}, "referral"),
    "a form": ("/diagnose", {"data": {"text": PANEL}}, "application/json"),
    "no cases": ("/score", {"json": {"rows": []}}, "no cases"),
    "no CSV": ("/score", {"content": b"\xff\xfe\x00", "headers": {"content-type": "text/csv"}}, "CSV"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said(client: TestClient, name: str) -> None:
    path, request, words = REFUSED[name]
    got = client.post(path, **request)
    assert got.status_code == 422
    assert words in got.json()["error"]


def test_a_large_body_is_refused_whether_or_not_its_length_is_told(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "MAX_TEXT", 1000)
    client = TestClient(create_app(model), base_url="http://127.0.0.1")
    headers = {"content-type": "application/json"}

    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 100

    assert client.post("/read", content=b" " * 2000, headers=headers).status_code == 413
    assert client.post("/read", content=pieces(), headers=headers).status_code == 413


def test_a_failure_tells_its_place_and_nothing_of_the_case(
    model: Model, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("patient Doe")

    monkeypatch.setattr(Model, "diagnose", fail)
    client = TestClient(create_app(model), base_url="http://127.0.0.1")
    got = client.post("/diagnose", json={"text": PANEL})
    assert got.status_code == 500 and "Doe" not in got.text
    said = capfd.readouterr().err
    assert "RuntimeError" in said and "test_serve.py" in said and "Doe" not in said


def test_another_host_name_is_refused(client: TestClient) -> None:
    assert client.get("/health", headers={"host": "elsewhere.example"}).status_code == 400


def test_no_cache_keeps_an_answer(client: TestClient) -> None:
    assert client.post("/diagnose", json={"text": PANEL}).headers["cache-control"] == "no-store"


def test_the_page_and_the_description_load_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/docs"):
        text = client.get(path).text
        assert "<script src" not in text and "<link" not in text
    assert {"/read", "/diagnose", "/score"} <= set(client.get("/openapi.json").json()["paths"])


def test_a_process_answers_stops_on_interrupt_and_logs_nothing() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "imtdx", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
    try:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/diagnose",
            json.dumps({"text": "ALK+ desmin focal"}).encode(),
            {"content-type": "application/json"},
        )
        answer = _patient(request)
        assert answer["panel"]["findings"][0]["marker"] == "ALK"
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert "desmin" not in said and "ALK" not in said
    assert "Traceback" not in said


def _patient(request: urllib.request.Request) -> Any:
    """The answer as soon as the server is up."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not come up")
