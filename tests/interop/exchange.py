"""How the scripts of this folder talk to their tests: JSON on standard input, JSON on standard output."""

import json
import sys


def serve(answer):
    """Answers one request. Whatever else is printed goes to standard error."""
    out, sys.stdout = sys.stdout, sys.stderr
    json.dump(answer(json.load(sys.stdin)), out)
