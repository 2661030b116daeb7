"""What ONNX's checker says of files, without shape inference."""

import onnx

from exchange import serve


def verdict(path):
    """The first complaint, or None."""
    try:
        onnx.checker.check_model(path)
    except Exception as problem:
        return str(problem) or type(problem).__name__
    return None


def answer(request):
    return {path: verdict(path) for path in request["paths"]}


serve(answer)
