"""The package as users get it: wheel and source archive build, install into an empty environment, and run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import imtdx

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*args: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        list(map(str, args)), cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel and the source archive, built once."""
    pytest.importorskip("hatchling", reason="pip install hatchling to test the build")
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", out, cwd=ROOT)
    return out


def wheel(built: Path) -> Path:
    """The wheel."""
    (found,) = built.glob("*.whl")
    return found


def test_wheel_holds_package_knowledge_and_types(built: Path) -> None:
    names = set(zipfile.ZipFile(wheel(built)).namelist())
    knowledge = ROOT / "knowledge"
    for path in knowledge.rglob("*.yaml"):
        assert f"imtdx/_knowledge/{path.relative_to(knowledge).as_posix()}" in names
    package = ROOT / "imtdx"
    for path in package.rglob("*"):
        parts = path.relative_to(package).parts
        if path.is_file() and not any(p.startswith(".") or p in ("__pycache__", "_knowledge") for p in parts):
            assert f"imtdx/{path.relative_to(package).as_posix()}" in names
    assert "imtdx/py.typed" in names
    assert any(n.endswith("licenses/LICENSE") for n in names)
    assert not any(n.startswith(("tests/", "docs/", "benchmarks/", "cli.py")) for n in names), (
        "only the package is installed"
    )


def test_source_archive_holds_what_the_tests_need(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {n.split("/", 1)[1] for n in tar.getnames() if "/" in n}
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "Makefile", "cli.py"):
        assert name in names
    for folder in ("imtdx/", "knowledge/", "tests/", "docs/", "tools/"):
        assert any(n.startswith(folder) for n in names), folder


def test_wheel_on_the_path_without_install(built: Path, tmp_path: Path) -> None:
    """The knowledge is found in the archive, and nothing of it stays behind."""
    code = (
        "import imtdx, tempfile, pathlib; assert '.whl' in imtdx.__file__, imtdx.__file__; "
        "print(imtdx.load().diagnose('ALK+ SMA+').rows[0].id)"
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    env = {
        **os.environ,
        "PYTHONPATH": str(wheel(built)),
        "TMPDIR": str(temporary),
        "IMTDX_CACHE": str(tmp_path / "cache"),
    }
    for _ in range(2):
        assert run(sys.executable, "-c", code, cwd=tmp_path, env=env).strip() == "imt"
    assert list(temporary.iterdir()) == []
    scored = tmp_path / "o.csv"
    (tmp_path / "t.csv").write_text("id,ALK\na,+\n")
    run(
        sys.executable,
        "-m",
        "imtdx",
        "score",
        tmp_path / "t.csv",
        "-o",
        scored,
        "--html",
        tmp_path / "o.html",
        cwd=tmp_path,
        env=env,
    )
    assert scored.read_text().startswith("id,top1")


def test_wheel_runs_in_an_empty_environment(built: Path, tmp_path: Path) -> None:
    place = tmp_path / "env"
    venv.create(place, with_pip=False)
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        wheel(built),
        cwd=tmp_path,
    )
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=tmp_path).strip())
    # the dependencies of this environment behind the installed package; its own editable install is not followed from here
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")} | {"IMTDX_CACHE": ""}
    where = run(python, "-c", "import imtdx; print(imtdx.__file__)", cwd=tmp_path, env=env).strip()
    assert Path(where).is_relative_to(place)
    command = python.with_name("imtdx")
    assert imtdx.__version__ in run(command, "--version", cwd=tmp_path, env=env)
    text = run(
        command, "diagnose", "ALK+ SMA+ CD117- S-100-", "--age", "5", "--site", "mesentery", cwd=tmp_path, env=env
    )
    assert re.search(r"^ 1  IMT +Inflammatory myofib", text, re.MULTILINE)
    listed = run(command, "knowledge", "list", "priors", cwd=tmp_path, env=env)
    assert imtdx.load().knowledge.sha256[:12] in listed, "the wheel carries other knowledge than the checkout"


def test_versions_agree() -> None:
    assert f"\nversion: {imtdx.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## [{imtdx.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_changelog_starts_with_the_unreleased() -> None:
    heads = re.findall(
        r"^## \[(.+?)\]( - \d{4}-\d\d-\d\d)?$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert heads[0][0] == "Unreleased" and all(date for name, date in heads[1:])


def test_licence_is_mit() -> None:
    assert PROJECT["license"] == "MIT"
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_every_dependency_is_explained() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").casefold()
    extras = [d for group, names in PROJECT["optional-dependencies"].items() if group != "test" for d in names]
    for dependency in (*PROJECT["dependencies"], *extras):
        name = re.split(r"[\[<>=!~ ]", dependency)[0].casefold()
        assert name in page, f"docs/dependencies.md does not say what {name} is for"


def test_every_dependency_has_a_lowest_version() -> None:
    for dependency in PROJECT["dependencies"]:
        assert ">=" in dependency, f"{dependency}: state the oldest release that is tested"


def test_the_wheel_is_the_same_bytes_when_built_again(built: Path, tmp_path: Path) -> None:
    env = os.environ | {"TZ": "Pacific/Auckland"}
    env.pop("SOURCE_DATE_EPOCH", None)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=ROOT, env=env)
    (again,) = tmp_path.glob("*.whl")
    assert again.name == wheel(built).name and again.read_bytes() == wheel(built).read_bytes()


def test_the_lock_file_names_every_dependency_with_hash_and_licence() -> None:
    lines = (ROOT / "requirements-test.lock").read_text(encoding="utf-8").splitlines()
    packages = {}
    for line in lines:
        if not line.startswith("#"):
            found = re.fullmatch(r"([\w.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}  # (.+)", line)
            assert found is not None, line
            packages[re.sub(r"[-_.]+", "-", found[1]).casefold()] = found[2]
    for dependency in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]):
        name = re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~ ]", dependency)[0]).casefold()
        assert name in packages, f"{name} is not locked; run: python tools/lock.py"
