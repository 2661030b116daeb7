"""The messages of ONNX's file format that a model can hold, with their fields: number, name, type."""

import onnx

from exchange import serve

NAMES = {1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 9: "string", 12: "bytes"}


def describe(field):
    kind = field.message_type or field.enum_type
    repeated = "repeated " if field.is_repeated else ""
    return f"{field.number} {field.name} {repeated}{kind.name if kind else NAMES[field.type]}"


def answer(_request):
    pending, found = [onnx.ModelProto.DESCRIPTOR], {}
    while pending:
        message = pending.pop()
        if message.full_name in found:
            continue
        found[message.full_name] = [describe(field) for field in message.fields]
        pending += [field.message_type for field in message.fields if field.message_type]
    return found


serve(answer)
