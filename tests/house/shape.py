"""The rules about how code is written: sizes, names, first sentences, parameters, reasons."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import PurePath

from tests.house.tree import Module, Tree

LONGEST_FILE = 300
LONGEST_FUNCTION = 60
USUAL_FUNCTION = 30
SHARE_OF_USUAL = 0.9

# Names that say nothing of what lives in a module.
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "base", "manager", "common", "misc", "shared", "stuff"}
EMPTY_WORDS = {"utils", "helpers", "misc"}

# Where files of ours are, besides the root itself.
FOLDERS = (".ci", "bench", "docs", "requirements", "src", "tests")

# An exception from the tools' rules, and what must stand behind it.
IGNORE = re.compile(r"#\s*(?:type:\s*ignore|noqa|pragma:)", re.IGNORECASE)
EXPLAINED = re.compile(
    r"#\s*(?:type:\s*ignore\[[\w, -]+\]|noqa:(?:[\s,]*[A-Z]+\d+)++|pragma: no \w+)"
    r"[\s#:,()-]*\w+(?:\W+\w+)+"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def long_files(tree: Tree) -> list[str]:
    """No Python file is longer than a person reads in one go."""
    sizes = {path: len(text.splitlines()) for path, text in tree.files.items()}
    return [f"{path}: {size} lines" for path, size in sizes.items() if size > LONGEST_FILE]


def long_functions(tree: Tree) -> list[str]:
    """No function, in tests neither, outgrows the limit; signature and docstring count."""
    return [
        f"{path}:{function.lineno}: {function.name}, {length(function)} lines"
        for path, text in tree.files.items()
        for function in functions(ast.parse(text))
        if length(function) > LONGEST_FUNCTION
    ]


def too_few_short_functions(tree: Tree) -> list[str]:
    """Nine of ten functions of the package are short."""
    lengths = [length(function) for module in tree.modules for function in functions(module.syntax)]
    short = sum(size < USUAL_FUNCTION for size in lengths)
    if short >= SHARE_OF_USUAL * len(lengths):
        return []
    return [f"only {short} of {len(lengths)} functions are under {USUAL_FUNCTION} lines"]


def empty_names(tree: Tree) -> list[str]:
    """No module or folder has a name that would suit anything."""
    return [path for path in tree.files if any(map(is_empty_name, PurePath(path).with_suffix("").parts))]


def names_like_options(tree: Tree) -> list[str]:
    """No file has a name that a program takes for an option of its own; in the root one is left by a slip of a hand."""
    folders = (tree.root / each for each in FOLDERS)
    strays = (*tree.root.glob("-*"), *(path for folder in folders for path in folder.rglob("-*")))
    return [str(path.relative_to(tree.root)) for path in strays]


def missing_sentences(tree: Tree) -> list[str]:
    """Every file says in one sentence on top what lives there."""
    return [path for path, text in tree.files.items() if not has_sentence(ast.parse(text))]


def boolean_parameters(tree: Tree) -> list[str]:
    """A public function or method of the package takes no bare yes or no."""
    return [
        f"{module.path}:{parameter.lineno}: {function.name}({parameter.arg})"
        for module in tree.modules
        for function in public_functions(module)
        for parameter, default in parameters(function)
        if is_boolean(parameter, default)
    ]


def unexplained_ignores(tree: Tree) -> list[str]:
    """Every `ignore` names its code and says why."""
    return [
        f"{path}:{line}: {comment}"
        for path, text in tree.files.items()
        for line, comment in comments(text)
        if IGNORE.match(comment) and not EXPLAINED.match(comment)
    ]


def functions(syntax: ast.AST) -> Iterator[Function]:
    """Yield every function and method, nested ones too."""
    return (node for node in ast.walk(syntax) if isinstance(node, Function))


def length(function: Function) -> int:
    """Count a function's lines from its def to its end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_empty_name(part: str) -> bool:
    """Tell whether one part of a path says nothing, as a whole or by one of its words."""
    return part.strip("_") in EMPTY_NAMES or not EMPTY_WORDS.isdisjoint(part.split("_"))


def has_sentence(syntax: ast.Module) -> bool:
    """Tell whether the docstring opens with a paragraph that ends as a sentence does."""
    first = (ast.get_docstring(syntax) or "").split("\n\n")[0]
    return len(first.split()) > 2 and first[-1] in ".!?"


def public_functions(module: Module) -> Iterator[Function]:
    """Yield functions of the module and methods of its public classes that carry no underscore."""
    scopes: list[list[ast.stmt]] = [module.syntax.body]
    scopes += [n.body for n in module.syntax.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    for scope in scopes:
        for node in scope:
            if isinstance(node, Function) and (node.name == "__init__" or not node.name.startswith("_")):
                yield node


def parameters(function: Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Pair each parameter with its default."""
    spec = function.args
    named = spec.posonlyargs + spec.args
    undefaulted = [None] * (len(named) - len(spec.defaults))
    yield from zip(named, [*undefaulted, *spec.defaults], strict=True)
    yield from zip(spec.kwonlyargs, spec.kw_defaults, strict=True)


def is_boolean(parameter: ast.arg, default: ast.expr | None) -> bool:
    """Tell whether a parameter is annotated bool, alone or in a union, or defaults to True or False."""
    if isinstance(default, ast.Constant) and isinstance(default.value, bool):
        return True
    words = re.findall(r"\w+", ast.unparse(parameter.annotation)) if parameter.annotation else []
    return "bool" in words and "Callable" not in words


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield each comment with its line."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
