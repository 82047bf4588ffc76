"""What first questions need is imported without anybody's waiting for it."""

from __future__ import annotations

import sys

from skyhub.service._early import _NEEDED, import_early


def test_modules_of_first_questions_are_imported_in_a_thread_that_ends_with_the_process() -> None:
    timer = import_early(0)
    timer.join()
    assert timer.daemon
    assert set(_NEEDED) <= sys.modules.keys()
