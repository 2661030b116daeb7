"""What the ecosystem says of ONNX files: the checker with full shape inference, then ONNX Runtime of Python."""

import onnx
import onnxruntime

from exchange import serve

onnxruntime.set_default_logger_severity(3)


def first_problem(path, runs):
    """The first complaint about a file, or None; `runs` is whether ONNX Runtime has its operators."""
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as problem:
        return f"checker: {problem}"
    if not runs:
        return None
    try:
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as problem:
        return f"ONNX Runtime: {problem}"
    return None


def answer(request):
    problems = {path: first_problem(path, request.get("run", True)) for path in request["paths"]}
    return {path: problem for path, problem in problems.items() if problem is not None}


serve(answer)
