"""Plant faults in the core of the library, one at a time, and count those that the tests catch.

`make mutants` runs all modules below, `make mutants MODULE=cost` one of them. What was not caught
is listed in ``survivors/``, with the reason that was written behind it by hand; a new survivor has
none. mutmut plants and runs. It changes neither decorated functions (properties) nor constants.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "_build" / "mutants"
SURVIVORS = Path(__file__).with_name("survivors")
LEAST = 90  # per cent
CAUGHT = ("killed", "timeout", "segfault")
NEW = "not judged yet"


class Module(NamedTuple):
    """What is changed, which mutants are tried, and the quick tests that answer for it."""

    sources: list[str]
    chosen: str = "*"


# mutmut numbers the mutants of each function from 1 on. Of many, those are tried whose number ends
# in 1: about one in ten, and the same ones in every run.
ONE_IN_TEN = "*1"
MODULES = {
    "arithmetic": Module(["arithmetic/*.py", "checks.py"]),
    "receptive_field": Module(["receptive_field/field.py", "receptive_field/stack.py"]),
    "reference": Module(["reference/*.py"], ONE_IN_TEN),
    "functional": Module(
        [
            "functional.py",
            *(
                f"_depthwise/{name}.py"
                for name in ("arguments", "choice", "geometry", "onlookers", "plain", "pure")
            ),
            *(
                f"_depthwise/{name}.py"
                for name in ("compiled", "derivatives", "eager", "operation", "registered")
            ),
        ],
        ONE_IN_TEN,
    ),
    "cost": Module(["cost/*.py"]),
}
# Left out: what starts another Python or compiles anew, since it takes long, and what cannot see
# through the functions that mutmut puts in the place of ours.
UNFIT = (
    *("kept_code", "forked", "without_numba", "numba_is_imported", "environment_can", "vectors"),
    *("mutmut", "exported", "compiler_keeps", "compiled_transforms", "forward_derivatives"),
)
SETTINGS = """\
[mutmut]
source_paths = dsconv_lib
only_mutate = {sources}
also_copy = conftest.py
process_isolation = forkserver
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = {options}
"""
# The same few examples in every run.
CONFTEST = """\
from hypothesis import settings
settings.register_profile("few", settings.get_profile("ci"), max_examples=25)
settings.load_profile("few")
"""


def stage(name: str) -> Path:
    """Lay out a folder for mutmut: a copy of the library and its tests, and what to do."""
    folder = STAGE / name
    shutil.rmtree(folder, ignore_errors=True)
    cache = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "dsconv_lib", folder / "dsconv_lib", ignore=cache)
    (folder / "tests").mkdir()
    for path in [*ROOT.glob("tests/*.py"), *ROOT.glob("tests/*.json")]:
        shutil.copy(path, folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "conftest.py").write_text(CONFTEST)
    module = MODULES[name]
    sources, tests = (
        sorted(str(path.relative_to(folder)) for one in globs for path in folder.glob(one))
        for globs in ([f"dsconv_lib/{one}" for one in module.sources], [f"tests/test_{name}*.py"])
    )
    options = ["--doctest-modules", "-p", "no:cacheprovider", "-k", f"not ({' or '.join(UNFIT)})"]
    lines = {"sources": sources, "tests": tests + sources, "options": options}
    text = SETTINGS.format(**{key: "\n    ".join(["", *value]) for key, value in lines.items()})
    (folder / "setup.cfg").write_text(text)
    return folder


def mutmut(folder: Path, *arguments: str) -> str:
    """What a command of mutmut prints."""
    command = [Path(sys.executable).with_name("mutmut"), *arguments]
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\nmake mutants: mutmut {' '.join(arguments)} failed")
    return done.stdout


def described(folder: Path, mutant: str) -> str:
    """One survivor in one line: where, and what became of which text."""
    lines = mutmut(folder, "show", mutant).splitlines()
    removed, added = (
        " ".join(line[1:].strip() for line in lines if line.startswith((f"{sign} ", f"{sign}\t")))
        for sign in "-+"
    )
    # mutmut names them dsconv_lib.module.x_function__mutmut_1 and ....xǁClassǁmethod__mutmut_1.
    where = mutant.removeprefix("dsconv_lib.").rpartition("__mutmut_")[0]
    where = re.sub(r"\.x[_ǁ]", ".", where).replace("ǁ", ".")
    return f"- `{where}`: `{removed}` → `{added}`"


def tried(name: str, chosen: str) -> tuple[int, int]:
    """Plant faults in a module and list what survives; how many were caught, and planted."""
    begin = time.monotonic()
    folder = stage(name)
    mutmut(folder, "run", "--max-children", "1", chosen)
    listed = mutmut(folder, "results", "--all", "true").splitlines()
    results = [line.split(": ") for line in listed if not line.endswith(": not checked")]
    survivors = [mutant.strip() for mutant, status in results if status not in CAUGHT]
    planted, caught = len(results), len(results) - len(survivors)
    path = SURVIVORS / f"{name}.md"
    known = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    reasons = dict(line.rsplit(" — ", 1) for line in known if line.startswith("- "))
    lines = [described(folder, mutant) for mutant in survivors]
    lines = [f"{line} — {reasons.get(line, NEW)}" for line in lines]
    summary = f"{caught} of {planted} caught ({100 * caught / planted:.1f} %)"
    if planted < len(listed):
        summary += f", a sample of {len(listed)}"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([f"# {name}: {summary}", "", *lines, ""]), encoding="utf-8")
    print(f"{name}: {summary}, in {time.monotonic() - begin:.0f} s", flush=True)
    return caught, planted


def main() -> None:
    """Run what the command line names; fail where fewer are caught than should be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    parser.add_argument("--all", action="store_true", help="no samples: more than an hour")
    given = parser.parse_args()
    counts = {
        name: tried(name, "*" if given.all else MODULES[name].chosen) for name in given.modules
    }
    caught, planted = map(sum, zip(*counts.values(), strict=True))
    print(f"make mutants: {caught} of {planted} caught ({100 * caught / planted:.1f} %)")
    few = [name for name, (c, p) in counts.items() if 100 * c < LEAST * p]
    if few:
        sys.exit(f"make mutants: below {LEAST} % in {', '.join(few)}: see tests/mutation/survivors")


if __name__ == "__main__":
    main()
