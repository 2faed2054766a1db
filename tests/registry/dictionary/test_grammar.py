"""The grammar reads REDCap's logic into trees, and says where it cannot."""

import json

import pytest

from registry.dictionary.expression import ExpressionFault, parse
from registry.dictionary.references import Reference


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", ["+", ["number", 1.0], ["*", ["number", 2.0], ["number", 3.0]]]),
        ("1 - 2", ["+", ["number", 1.0], ["-", ["number", 2.0]]]),
        ("-2^2", ["^", ["-", ["number", 2.0]], ["number", 2.0]]),
        ("--2", ["+", ["number", 2.0]]),
        ("2^3^2", ["^", ["^", ["number", 2.0], ["number", 3.0]], ["number", 2.0]]),
        ("8 / 4 / 2", ["/", ["/", ["number", 8.0], ["number", 4.0]], ["number", 2.0]]),
        ("1 or 0 and 0", ["or", ["number", 1.0], ["and", ["number", 0.0], ["number", 0.0]]]),
        ("1 || 0 OR 1", ["or", ["number", 1.0], ["number", 0.0], ["number", 1.0]]),
        ("not 1 = 2", ["not", ["=", ["number", 1.0], ["number", 2.0]]]),
        ("not not 1", ["not", ["not", ["number", 1.0]]]),
        ("!!!1", ["not", ["number", 1.0]]),
        ("1 != 2", ["<>", ["number", 1.0], ["number", 2.0]]),
        ("1 == 2", ["=", ["number", 1.0], ["number", 2.0]]),
        ("'a' <> \"b\"", ["<>", ["text", "a"], ["text", "b"]]),
        ("''", ["blank"]),
        ("TRUE", ["number", 1.0]),
        ("NA", ["blank"]),
        (".5", ["number", 0.5]),
        ("Round ([x], 1)", ["call", "round", ["ref", "x", None, None, None, None], ["number", 1.0]]),
        ("[Box(-4)]", ["ref", "box", "-4", None, None, None]),
        ("[ x ]", ["ref", "x", None, None, None, None]),
        ("[visit_1_arm_1][x][2]", ["ref", "x", None, "visit_1_arm_1", "2", None]),
        ("[x][first-instance]", ["ref", "x", None, None, "first-instance", None]),
        ("[event-name][x(9..9)]", ["ref", "x", "9..9", "event-name", None, None]),
        ("[2]", ["ref", "2", None, None, None, None]),
        ("[survey-duration-completed:form:m]", ["ref", "survey-duration-completed", None, None, None, "form:m"]),
        ("// a remark\n# another\n 1", ["number", 1.0]),
        ("1 =\n1", ["=", ["number", 1.0], ["number", 1.0]]),
    ],
)
def test_an_expression_becomes_its_tree(text, tree):
    assert parse(text).tree == tree
    assert json.loads(json.dumps(parse(text).tree)) == tree


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "empty"),
        ("  \n// only a remark", 0, "empty"),
        ("1 +", 3, "Expected a value but found end"),
        ("(1", 2, "Expected “.”"),
        ("1 2", 2, "Unexpected “2”"),
        ("1 < 2 < 3", 6, "cannot be chained"),
        ("age > 5", 0, "neither a value nor a function"),
        ("1 + frobnicate(2)", 4, "no function “frobnicate”"),
        ("round()", 0, "1 to 2 arguments, not 0"),
        ("if(1, 2)", 0, "3 arguments, not 2"),
        ("sqrt(1, 2)", 0, "1 argument, not 2"),
        ("sum()", 0, "1 or more arguments"),
        ("'open", 0, "not closed"),
        ("[open", 0, "not closed"),
        ("[a b]", 0, "an element name"),
        ("[a][b][c][d]", 0, "at most an event"),
        ("1 & 2", 2, "no meaning"),
        ("))", 0, "Expected a value"),
        ("(" * 41 + "1" + ")" * 41, 41, "nested more than 40"),
        ("1" + " * 2" * 61, 242, "More than 60 factors"),
        ("(" + "1" + " * 2" * 60 + ")" + " ^ 2" * 60, 0, "more than 100 operators deep"),
    ],
)
def test_a_fault_names_its_place(text, position, words):
    with pytest.raises(ExpressionFault, match=words) as fault:
        parse(text)
    assert fault.value.position == position
    assert str(fault.value).endswith(f"(at character {position + 1})")


def test_forty_deep_and_long_chains_are_read():
    assert parse("(" * 40 + "1" + ")" * 40).tree == ["number", 1.0]
    assert len(parse(" or ".join(["[x] = '1'"] * 2000)).tree) == 2001
    assert len(parse(" + ".join(["[x]"] * 2000)).tree) == 2001


def test_references_are_listed_in_order_of_appearance():
    expression = parse("if([a(1)] = '1', [b][2], [ev][a] + [record-name])")
    assert expression.references == (
        Reference("a", "1"),
        Reference("b", instance="2"),
        Reference("a", event="ev"),
        Reference("record-name"),
    )
    assert expression.elements == ("a", "b", "record-name")
    assert expression.references[3].is_system
