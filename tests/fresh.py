"""Run code in a process that has imported nothing of the library, but PyTorch.

Importing PyTorch takes seconds. A server imports it once for all tests of a session and forks for
each; what is imported and changed in a fork is gone with it. Where PyTorch must not be there, start
an interpreter.
"""

import contextlib
import io
import multiprocessing
import os
import sys
import traceback
import warnings

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["torch"])


def _run(code, environment, sender):
    said = io.StringIO()
    try:
        assert not any(name.startswith("dsconv_lib") for name in sys.modules)
        os.environ |= environment
        warnings.resetwarnings()
        warnings.simplefilter("error")
        with contextlib.redirect_stdout(said):
            exec(compile(code, "<fresh>", "exec"), {"__name__": "__main__"})
    except BaseException:
        sender.send((False, traceback.format_exc()))
    else:
        sender.send((True, said.getvalue()))


def run(code, **environment):
    """Run code where only PyTorch is imported and warnings are errors; what it printed.

    Parameters
    ----------
    code : str
        Python code; what it raises fails the test.
    **environment : str
        Variables of the environment, beside those that the server was started with.
    """
    receiver, sender = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_run, args=(code, environment, sender))
    process.start()
    sender.close()
    try:
        passed, said = receiver.recv()
    except EOFError:
        process.join()
        raise AssertionError(f"the process ended with {process.exitcode}") from None
    process.join()
    assert passed, said
    return said
