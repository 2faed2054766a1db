"""The grammar of REDCap's logic: text in, a JSON-able tree out. Nothing is evaluated here.

Nodes are lists: ["number", 5.0], ["text", "a"], ["blank"], ["ref", name, code, event, instance, modifier],
["call", name, …], ["and"|"or"|"+"|"*"|…, left, right, …], ["not"|"-", operand].
"""

import re

from .functions import ARITY

MOST_NESTED = 40
MOST_FACTORS = 60
DEEPEST = 100
TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<ref>\[[^\[\]]*\])
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>\|\||&&|<>|!=|<=|>=|==|[-+*/%^()=<>,!])""",
    re.VERBOSE | re.ASCII,
)
REFERENCE = re.compile(
    r"(?P<name>[A-Za-z0-9_-]+)\s*(?:\((?P<code>[^()]*)\))?\s*(?::(?P<modifier>[A-Za-z0-9_:-]+))?", re.ASCII
)
COMMENT = re.compile(r"^[ \t]*(?://|#).*$", re.MULTILINE)
INSTANCE = re.compile(r"[0-9]+|(?:first|last|previous|next|current)-instance", re.ASCII)
COMPARISONS = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
BARE = {"true": ["number", 1.0], "false": ["number", 0.0], "nan": ["blank"], "na": ["blank"]}


class ExpressionFault(ValueError):
    """An expression that cannot be read: `position` (0-based character) and `message` (a sentence)."""

    def __init__(self, position: int, message: str):
        super().__init__(f"{message} (at character {position + 1})")
        self.position = position
        self.message = message


def tree_of(text: str) -> list:
    """Parse an expression into its tree.

    Raises ExpressionFault with the position of the first thing that cannot be read.
    Source: REDCap's branching logic and calculations, as accepted by docs/expressions.md.
    """
    blanked = COMMENT.sub(lambda found: " " * len(found.group()), text)
    parser = _Parser(_tokens(blanked), len(text))
    if parser.kind == "end":
        raise ExpressionFault(0, "The expression is empty.")
    tree = parser.either()
    if parser.kind != "end":
        raise ExpressionFault(parser.position, f"Unexpected {parser.shown()} after a complete expression.")
    if depth_of(tree) > DEEPEST:
        raise ExpressionFault(0, f"The expression is nested more than {DEEPEST} operators deep.")
    return tree


def depth_of(tree: list) -> int:
    """Count the operators and functions above the deepest value of a tree, that value included."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in part[1:] if isinstance(child, list)]
    return deepest


def _tokens(text: str) -> list[tuple[str, str, int]]:
    tokens, position = [], 0
    while position < len(text):
        found = TOKEN.match(text, position)
        if not found:
            raise ExpressionFault(position, _why_unreadable(text[position]))
        if found.lastgroup != "space":
            tokens.append((found.lastgroup, found.group(), position))
        position = found.end()
    return tokens


def _why_unreadable(character: str) -> str:
    if character in "'\"":
        return "A text in quotes is not closed."
    if character == "[":
        return "A reference in square brackets is not closed."
    return f"The character {character!r} has no meaning here."


class _Parser:
    """A recursive-descent parser over the tokens; one method for each level of precedence."""

    def __init__(self, tokens, length: int):
        self.tokens = [*tokens, ("end", "", length)]
        self.index = 0
        self.depth = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.index][0]

    @property
    def word(self) -> str:
        kind, text, _ = self.tokens[self.index]
        return text.lower() if kind in ("word", "sign") else ""

    @property
    def position(self) -> int:
        return self.tokens[self.index][2]

    def shown(self) -> str:
        return "end" if self.kind == "end" else f"“{self.tokens[self.index][1]}”"

    def take(self) -> str:
        text = self.tokens[self.index][1]
        self.index += 1
        return text

    def expect(self, sign: str) -> None:
        if self.word != sign:
            raise ExpressionFault(self.position, f"Expected “{sign}” but found {self.shown()}.")
        self.take()

    def either(self) -> list:
        self.depth += 1
        if self.depth > MOST_NESTED + 1:
            raise ExpressionFault(self.position, f"The expression is nested more than {MOST_NESTED} deep.")
        tree = self.chain("or", ("or", "||"), self.both)
        self.depth -= 1
        return tree

    def both(self) -> list:
        return self.chain("and", ("and", "&&"), self.negation)

    def chain(self, name: str, signs: tuple[str, ...], operand) -> list:
        parts = [operand()]
        while self.word in signs:
            self.take()
            parts.append(operand())
        return parts[0] if len(parts) == 1 else [name, *parts]

    def negation(self) -> list:
        count = 0
        while self.word in ("!", "not"):
            self.take()
            count += 1
        tree = self.comparison()
        for _ in range(min(count, 2 - count % 2)):
            tree = ["not", tree]
        return tree

    def comparison(self) -> list:
        left = self.addition()
        if self.word not in COMPARISONS:
            return left
        operator = COMPARISONS[self.take()]
        tree = [operator, left, self.addition()]
        if self.word in COMPARISONS:
            raise ExpressionFault(self.position, "Comparisons cannot be chained: join them with “and”.")
        return tree

    def addition(self) -> list:
        parts = [self.product()]
        while self.word in ("+", "-"):
            sign = self.take()
            operand = self.product()
            parts.append(operand if sign == "+" else ["-", operand])
        return parts[0] if len(parts) == 1 else ["+", *parts]

    def product(self) -> list:
        return self.fold(("*", "/", "%"), self.power)

    def power(self) -> list:
        return self.fold(("^",), self.sign)

    def fold(self, signs: tuple[str, ...], operand) -> list:
        tree, count = operand(), 0
        while self.word in signs:
            count += 1
            if count > MOST_FACTORS:
                raise ExpressionFault(self.position, f"More than {MOST_FACTORS} factors in a row.")
            tree = [self.take(), tree, operand()]
        return tree

    def sign(self) -> list:
        negative, signed = False, False
        while self.word in ("-", "+"):
            negative ^= self.take() == "-"
            signed = True
        tree = self.atom()
        if not signed:
            return tree
        return ["-", tree] if negative else ["+", tree]

    def atom(self) -> list:
        kind, position = self.kind, self.position
        if kind == "number":
            return ["number", float(self.take())]
        if kind == "text":
            text = self.take()[1:-1]
            return ["text", text] if text else ["blank"]
        if kind == "ref":
            return self.reference()
        if kind == "word":
            return self.named()
        if self.word == "(":
            self.take()
            tree = self.either()
            self.expect(")")
            return tree
        raise ExpressionFault(position, f"Expected a value but found {self.shown()}.")

    def named(self) -> list:
        position, name = self.position, self.take().lower()
        if self.word != "(":
            if name in BARE:
                return list(BARE[name])
            raise ExpressionFault(
                position, f"“{name}” is neither a value nor a function. Put element names in [ ] and texts in quotes."
            )
        if name not in ARITY:
            raise ExpressionFault(position, f"There is no function “{name}”.")
        self.take()
        arguments = [] if self.word == ")" else [self.either()]
        while self.word == ",":
            self.take()
            arguments.append(self.either())
        self.expect(")")
        fewest, most = ARITY[name]
        if not fewest <= len(arguments) <= (most or len(arguments)):
            raise ExpressionFault(position, f"“{name}” takes {_count(fewest, most)}, not {len(arguments)}.")
        return ["call", name, *arguments]

    def reference(self) -> list:
        links, start = [], self.position
        while self.kind == "ref":
            position = self.position
            found = REFERENCE.fullmatch(self.take()[1:-1].strip())
            if not found:
                raise ExpressionFault(
                    position, "Between [ ] stands an element name, or a name and a code: [name(code)]."
                )
            links.append(found)
        instance = None
        if len(links) > 1 and INSTANCE.fullmatch(links[-1]["name"]):
            instance = links.pop()["name"]
        if len(links) > 2:
            raise ExpressionFault(start, "A reference has at most an event, a name and an instance.")
        event = links[0]["name"] if len(links) == 2 else None
        found = links[-1]
        code = None if found["code"] is None else found["code"].strip()
        return ["ref", found["name"].lower(), code, event, instance, found["modifier"]]


def _count(fewest: int, most: int | None) -> str:
    if most is None:
        return f"{fewest} or more arguments"
    if fewest == most:
        return f"{fewest} argument{'' if fewest == 1 else 's'}"
    return f"{fewest} to {most} arguments"
