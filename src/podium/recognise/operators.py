"""The operators of a TFLite file."""

from ai_edge_litert import schema_py_generated as schema

# Operators that need state or code beside the file. A converter leaves the first four behind when variables were not
# frozen; such a file runs, and answers from zeros.
FORBIDDEN = {"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE", "CUSTOM"}

_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}


def operator_names(content: bytes) -> list[str]:
    """Names of the operators in all subgraphs, sorted, each once; "CUSTOM" stands for what is no builtin."""
    model = schema.Model.GetRootAs(content, 0)
    codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    # Codes below 127 stand in the older of two fields.
    return sorted({_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes})


def check_operators(content: bytes) -> None:
    """Raises RuntimeError when a file needs more than a plain TFLite runtime."""
    found = FORBIDDEN.intersection(operator_names(content))
    if found:
        raise RuntimeError(f"the converter left operators that a plain runtime lacks: {', '.join(sorted(found))}")
