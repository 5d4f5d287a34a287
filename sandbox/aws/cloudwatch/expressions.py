"""Metric math and the rules of composite alarms, read as small expressions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html: the
arithmetic, comparisons and the functions of `_FUNCTIONS`; anything else is refused.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.aws.cloudwatch.readings import Reading


class ExpressionError(ValueError):
    """The expression is outside what the sandbox evaluates."""


_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Mod: operator.mod,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "MIN": min,
    "MAX": max,
    "AVG": lambda values: sum(values) / len(values),
    "ABS": lambda values: abs(values[0]),
    "CEIL": lambda values: float(math.ceil(values[0])),
    "FLOOR": lambda values: float(math.floor(values[0])),
}


def compute(expression: str, readings: Mapping[str, Reading]) -> Reading:
    """Evaluate metric math for one period; None where data is missing."""
    text = re.sub(r"\bAND\b|&&", " and ", re.sub(r"\bOR\b|\|\|", " or ", expression))
    text = re.sub(r"\bIF\s*\(", "IF_(", text)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise ExpressionError(f"{expression!r} is not understood") from error
    value = _value(tree.body, readings)
    return None if value is None else float(value)


def _value(node: ast.expr, readings: Mapping[str, Reading]) -> Any:
    match node:
        case ast.Constant(value=int() | float()):
            return node.value
        case ast.Name(id=name):
            if name not in readings:
                raise ExpressionError(f"{name} is not the id of a metric")
            return readings[name]
        case ast.List() | ast.Tuple():
            return [_value(each, readings) for each in node.elts]
        case ast.UnaryOp(op=ast.USub()):
            value = _value(node.operand, readings)
            return None if value is None else -value
        case ast.BinOp():
            return _apply(node.op, _value(node.left, readings), _value(node.right, readings))
        case ast.Compare(ops=[single]):
            left, right = _value(node.left, readings), _value(node.comparators[0], readings)
            outcome = _apply(single, left, right)
            return None if outcome is None else float(outcome)
        case ast.BoolOp():
            values = [_value(each, readings) or 0.0 for each in node.values]
            return float(all(values) if isinstance(node.op, ast.And) else any(values))
        case ast.Call(func=ast.Name(id=name)):
            return _call(name, [_value(each, readings) for each in node.args])
    raise ExpressionError(f"{ast.unparse(node)!r} is not evaluated by the sandbox")


def _apply(operation: ast.AST, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    function = _OPERATORS.get(type(operation))
    if function is None or isinstance(left, list) or isinstance(right, list):
        raise ExpressionError("this operator is not evaluated by the sandbox")
    try:
        return function(left, right)
    except ZeroDivisionError:
        return None


def _call(name: str, arguments: list[Any]) -> Any:
    if name == "IF_" and len(arguments) in (2, 3):
        return arguments[1] if arguments[0] else (arguments[2:] or [None])[0]
    if name == "FILL" and len(arguments) == 2:
        return arguments[1] if arguments[0] is None else arguments[0]
    function = _FUNCTIONS.get(name)
    if function is None:
        raise ExpressionError(f"{name} is not a function the sandbox knows")
    flat = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    present = [each for each in flat if each is not None]
    return function(present) if present else None


_STATE = re.compile(r"\b(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*[\"']?([^\"')]+?)[\"']?\s*\)")


def names_in(rule: str) -> list[str]:
    """The alarms a composite rule depends on."""
    return [name.rsplit(":alarm:", 1)[-1] for _, name in _STATE.findall(rule)]


def holds(rule: str, states: Mapping[str, str]) -> bool:
    """Whether a composite rule is true for the given alarm states."""

    def known(match: re.Match[str]) -> str:
        name = match[2].rsplit(":alarm:", 1)[-1]
        return "TRUE" if states.get(name, "INSUFFICIENT_DATA") == match[1] else "FALSE"

    text = _STATE.sub(known, rule)
    for word, python in (("AND", "and"), ("OR", "or"), ("NOT", "not")):
        text = re.sub(rf"\b{word}\b", python, text)
    text = re.sub(r"\bTRUE\b", "True", re.sub(r"\bFALSE\b", "False", text))
    try:
        return _truth(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError as error:
        raise ExpressionError(f"AlarmRule {rule!r} is not understood") from error


def _truth(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=bool()):
            return bool(node.value)
        case ast.UnaryOp(op=ast.Not()):
            return not _truth(node.operand)
        case ast.BoolOp():
            values = [_truth(each) for each in node.values]
            return all(values) if isinstance(node.op, ast.And) else any(values)
    raise ExpressionError(f"{ast.unparse(node)!r} has no place in an AlarmRule")
