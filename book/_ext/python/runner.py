"""Runs a reader's code inside a page: its output, the value of its last line, its verdict.

The page's Python (`worker.mjs`) imports this module; it needs the standard library only, so the
tests run it in an ordinary Python too. What goes wrong is told as the reader's own line. Frames of
Python, of the library and of this module are left out.
"""

from __future__ import annotations

import ast
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import wraps
from importlib.abc import MetaPathFinder
from time import monotonic
from types import CodeType, ModuleType, TracebackType
from typing import Any

CHARACTERS = 20_000
"""Most that one run may print. A loop that prints without end would bury the page."""
PROMPT = 200
"""Lines that are delivered one by one; a reader who stops an endless loop sees what came before."""
PAUSE = 0.05
"""Seconds between two later deliveries of output."""
CALLERS = 3
"""Most calls that are listed below the line at fault."""

Namespace = dict[str, Any]


class TooMuchOutputError(BaseException):
    """Ends a run that prints without end; no `except Exception` of the reader stops it."""


class NotInThisPageError(ModuleNotFoundError):
    """Something was asked for that runs in the notebook only."""


class Output(io.TextIOBase):
    """Text on its way to the page, delivered in pieces and limited."""

    def __init__(self, emit: Callable[[str], object]) -> None:
        self._emit = emit
        self._waiting: list[str] = []
        self._written = self._lines = 0
        self._delivered = monotonic()

    def writable(self) -> bool:
        """Say that this can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take text; deliver it if it ends one of the first lines, or after a while."""
        room = CHARACTERS - self._written
        self._waiting.append(text[: max(room, 0)])
        self._written += len(text)
        if len(text) > room:
            raise TooMuchOutputError
        self._lines += text.count("\n")
        prompt = text.endswith("\n") and self._lines <= PROMPT
        if prompt or monotonic() - self._delivered > PAUSE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Deliver what waits."""
        if text := "".join(self._waiting):
            self._emit(text)
        self._waiting.clear()
        self._delivered = monotonic()


class Elsewhere(MetaPathFinder):
    """The last finder: refuses what the notebook has and the page has not, with the reason."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = set(modules)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        """Raise for a module that is not here; ask no further for one of Python's own."""
        foreign = "." not in fullname and fullname not in sys.stdlib_module_names
        if fullname in self._modules or (foreign and not fullname.startswith("_")):
            raise NotInThisPageError(f"{fullname} does not run in this page", name=fullname)


class Runner:
    """One Python session: cells share their names, each exercise has names of its own.

    Parameters
    ----------
    emit : callable
        Takes each piece of output.
    imports : str
        Import statements of the notebook's first cell; what cannot be imported here is left out
        and explained when it is used.
    """

    def __init__(self, emit: Callable[[str], object], imports: str = "") -> None:
        self._emit = emit
        self._sources: dict[str, list[str]] = {}
        self._left_out: dict[str, str] = {}
        self._imported: Namespace = {"__name__": "__main__", "input": no_input}
        for name, statement in single_imports(imports):
            try:
                exec(statement, self._imported)
            except ImportError as error:
                self._left_out[name] = error.name or name
        self._shared = dict(self._imported)

    def cell(self, code: str) -> str:
        """Run a cell and return a report as JSON; errors are in the report."""
        return json.dumps(self._run(code, self._shared))

    def exercise(self, code: str, name: str) -> str:
        """Run an answer's code, judge it, and return a report with the verdict as JSON."""
        given: list[Any] = []
        namespace = self._imported | {"check": lambda _, answer: given.append(answer)}
        report = self._run(code, namespace)
        if report["error"] is None:
            from dsconv_lib.exercises.framework import find, verdict
            from dsconv_lib.exercises.words import WORDS

            answer = given[-1] if given else namespace.get(last_name(code))
            faults: list[dict[str, Any]] = []
            judged = self._watched(answer, faults) if callable(answer) else answer
            report["verdict"] = words = verdict(name, judged)
            unanswered = words == WORDS["not-answered"].format(wants=find(name).wants)
            right = words == WORDS["correct"].format(why=find(name).why)
            report["right"] = None if unanswered else right
            report["error"] = faults[-1] if faults else None
        return json.dumps(report)

    def _run(self, code: str, namespace: Namespace) -> dict[str, Any]:
        """Run code in a namespace, with its output going to the page."""
        filename = f"<run {len(self._sources) + 1}>"
        self._sources[filename] = code.splitlines()
        output = Output(self._emit)
        error = None
        with redirect_stdout(output), redirect_stderr(output):
            try:
                execute(code, filename, namespace)
            except SystemExit:
                pass
            except BaseException as problem:
                error = self._explain(problem, filename)
        output.flush()
        return {"error": error, "verdict": None}

    def _watched(self, answer: Callable[..., Any], faults: list[dict[str, Any]]) -> Any:
        """Wrap a reader's function so that the line at which it fails under the judge is known."""
        filename = f"<run {len(self._sources)}>"

        @wraps(answer)
        def call(*args: Any, **options: Any) -> Any:
            faults.clear()
            try:
                return answer(*args, **options)
            except ValueError:  # may be what the exercise asks for; the verdict says if it is not
                raise
            except Exception as problem:
                faults.append(self._explain(problem, filename))
                raise

        return call

    def _explain(self, problem: BaseException, filename: str) -> dict[str, Any]:
        """Describe an error by the reader's line that caused it."""
        frames = [
            (name, line)
            for name, line in self._reader_frames(problem.__traceback__)
            if line <= len(self._sources[name])
        ]
        if isinstance(problem, SyntaxError) and problem.filename == filename:
            frames = [(filename, problem.lineno or 1)]
        lines = []
        for depth, (name, line) in enumerate(list(dict.fromkeys(reversed(frames)))[: CALLERS + 1]):
            where = f"line {line}" if name == filename else f"line {line} of an earlier cell"
            text = "".join(self._sources[name][line - 1 : line]).strip()
            lines.append(f"  called from {where}: {text}" if depth else f"L{where[1:]}: {text}")
        kind, message, missing = self._words(problem)
        lines.append(f"{kind}: {message}" if message else kind)
        at_fault = frames[-1] if frames else (None, None)
        return {
            "text": "\n".join(lines),
            "line": at_fault[1] if at_fault[0] == filename else None,
            "missing": missing,
        }

    def _reader_frames(self, trace: TracebackType | None) -> Iterator[tuple[str, int]]:
        """Yield file and line of each frame that is the reader's, the outermost first."""
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name in self._sources:
                yield name, trace.tb_lineno
            trace = trace.tb_next

    def _words(self, problem: BaseException) -> tuple[str, str, str | None]:
        """Name an error, its message, and the module that would be needed for it."""
        kind, message, missing = type(problem).__name__, str(problem), None
        if isinstance(problem, SyntaxError):
            kind, message = "SyntaxError", problem.msg
        elif isinstance(problem, TooMuchOutputError):
            kind, message = "Stopped", f"more than {CHARACTERS:,} characters were printed."
        elif isinstance(problem, NotInThisPageError):
            kind, missing = "ModuleNotFoundError", problem.name
        elif isinstance(problem, NameError) and problem.name in self._left_out:
            missing = self._left_out[problem.name]
            needs = "" if problem.name == missing else f" needs {missing}, which"
            message = f"{problem.name!r}{needs} does not run in this page"
        return kind, message, missing


def execute(code: str, filename: str, namespace: Namespace) -> None:
    """Run code as a notebook's cell: print the value of a last line that is an expression."""
    tree = ast.parse(code, filename)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compiled(tree, filename, "exec"), namespace)
    if isinstance(last, ast.Expr):
        value = eval(compiled(ast.Expression(last.value), filename, "eval"), namespace)
        if value is not None:
            print(repr(value))


def compiled(tree: ast.Module | ast.Expression, filename: str, mode: str) -> CodeType:
    """Compile a reader's code, without this module's own `from __future__`."""
    code: CodeType = compile(tree, filename, mode, dont_inherit=True)
    return code


def single_imports(source: str) -> Iterator[tuple[str, str]]:
    """Split import statements into one per name; yield each name with its statement."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                one: ast.Import | ast.ImportFrom = (
                    ast.Import([alias])
                    if isinstance(node, ast.Import)
                    else ast.ImportFrom(node.module, [alias], node.level)
                )
                name = alias.asname or alias.name.split(".")[0]
                yield name, ast.unparse(one)


def last_name(code: str) -> str:
    """Return the name that code defines last: a function, a class or a variable."""
    for node in reversed(ast.parse(code).body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            return node.name
        if isinstance(node, ast.Assign) and isinstance(node.targets[-1], ast.Name):
            return node.targets[-1].id
    return ""


def no_input(*_: object) -> str:
    """Stand in for `input`, which would wait for a keyboard that a page's Python has not."""
    raise RuntimeError("input() cannot ask here; write the value into the code instead")
