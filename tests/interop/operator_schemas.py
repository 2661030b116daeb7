"""What ONNX's checker holds every operator to, in every version: the table src/onnx/generated/schemas.js.

One line per version: name, opset that it came with, inputs, outputs, attributes; under a line `@ domain`. Inputs and
outputs are one letter each (S single, O optional, V variadic), then the least and the most of them (* for no limit) and,
where not all between are allowed, those that are. An attribute is its name and its AttributeProto.AttributeType, with !
where it is required. `deprecated` stands for all of it; ~ for attributes beyond those listed.

    python3 tests/interop/operator_schemas.py --print > src/onnx/generated/schemas.js
"""

import sys

import onnx
from onnx import checker, defs, helper

from exchange import serve

UNLIMITED = 2**31 - 1
LETTERS = {
    defs.OpSchema.FormalParameterOption.Single: "S",
    defs.OpSchema.FormalParameterOption.Optional: "O",
    defs.OpSchema.FormalParameterOption.Variadic: "V",
}


def complaint(schema, inputs, outputs, attributes):
    """What the checker says of a node with so many inputs and outputs."""
    context = checker.C.CheckerContext()
    context.ir_version = onnx.IR_VERSION
    context.opset_imports = {schema.domain: schema.since_version}
    node = helper.make_node(
        schema.name,
        [f"i{i}" for i in range(inputs)],
        [f"o{i}" for i in range(outputs)],
        domain=schema.domain,
        **attributes,
    )
    try:
        checker.check_node(node, context)
    except checker.ValidationError as problem:
        return str(problem)
    return ""


def some(least, most):
    """A number of inputs or outputs that is allowed; at least one where it can be, since a node needs one."""
    return min(max(1, least), most)


def arity(parameters, least, most, allowed):
    letters = "".join(LETTERS[p.option] for p in parameters)
    text = f"{letters}:{least}-{'*' if most == UNLIMITED else most}"
    return text if allowed is None else text + "{" + ",".join(map(str, allowed)) + "}"


def allowed_outputs(schema):
    """The numbers of outputs, where the checker does not take all from the least to the most."""
    if schema.max_output == UNLIMITED:
        return None
    numbers = range(schema.min_output, schema.max_output + 1)
    taken = [
        n for n in numbers if "not in allowed output sizes" not in complaint(schema, some(schema.min_input, schema.max_input), n, {})
    ]
    return None if len(taken) == len(numbers) else taken


def line(schema):
    if schema.deprecated:
        return f"{schema.name} {schema.since_version} deprecated"
    parts = [
        schema.name,
        str(schema.since_version),
        arity(schema.inputs, schema.min_input, schema.max_input, None),
        arity(schema.outputs, schema.min_output, schema.max_output, allowed_outputs(schema)),
    ]
    bogus = complaint(
        schema,
        some(schema.min_input, schema.max_input),
        some(schema.min_output, schema.max_output),
        {"no_such_attribute": 1},
    )
    if "Unrecognized attribute" not in bogus:
        parts.append("~")
    for name, attribute in sorted(schema.attributes.items()):
        kind = attribute.type.value if hasattr(attribute.type, "value") else int(attribute.type)
        parts.append(f"{name}={kind}{'!' if attribute.required else ''}")
    return " ".join(parts)


def table():
    by_domain = {}
    for schema in defs.get_all_schemas_with_history():
        by_domain.setdefault(schema.domain, []).append(schema)
    lines = []
    for domain, schemas in sorted(by_domain.items()):
        lines.append(f"@ {domain or 'ai.onnx'}")
        lines += [line(s) for s in sorted(schemas, key=lambda s: (s.name, s.since_version))]
    return "\n".join(lines) + "\n"


def answer(_request):
    return {"version": onnx.__version__, "ir": onnx.IR_VERSION, "table": table()}


if "--print" in sys.argv:
    print(f"// What onnx {onnx.__version__} knows of its operators; made by tests/interop/operator_schemas.py.")
    print(f"export const schemaTable = `\n{table()}`;")
else:
    serve(answer)
