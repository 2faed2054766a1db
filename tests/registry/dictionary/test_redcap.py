"""Dictionary files: every header dialect and encoding is read, every fault is named by row and column in one pass."""

import csv

import pytest

from registry.dictionary import redcap
from registry.dictionary.elements import FieldType
from registry.dictionary.faults import DictionaryFaults, Fault
from registry.dictionary.headers import API_NAMES, KEYS, WEB_NAMES, letter_of
from tests.registry.dictionary.samples import dictionary, dictionary_file, row

SIMPLE = [row("case_id"), row("sex", "radio", choices="1, Male | 2, Female")]


def faults(*rows, **options) -> list[tuple]:
    """Read a file that must be refused: (row, column letter, element, message) of each fault."""
    with pytest.raises(DictionaryFaults) as refused:
        redcap.read(dictionary_file([row("case_id"), *rows], **options))
    return [(fault.row, fault.column_letter, fault.element, fault.message) for fault in refused.value.faults]


def only_fault(*rows) -> tuple:
    found = faults(*rows)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    "names",
    [
        WEB_NAMES,
        API_NAMES,
        {
            key: name.replace(" ", ".").replace("/", ".").replace("?", ".").replace("(", ".").replace(")", ".")
            for key, name in WEB_NAMES.items()
        },
        {key: name.upper() for key, name in WEB_NAMES.items()},
        {**WEB_NAMES, "choices": "Choices OR Calculations"},
    ],
)
def test_a_header_is_known_by_every_name_it_goes_by(names):
    read = redcap.read(dictionary_file(SIMPLE, names=names))
    assert read.element("sex").codes == {"1", "2"}
    assert redcap.write(read).decode().splitlines()[0].split(",")[0] == names["name"]


def test_seventeen_columns_are_enough_and_others_are_kept():
    old = redcap.read(dictionary_file(SIMPLE, keys=KEYS[:17]))
    assert old.element("sex").annotation == ""
    more = dictionary_file(SIMPLE).decode().splitlines()
    wide = "\n".join(f"{line},{extra}" for line, extra in zip(more, ("Extra one", "x", "y"), strict=True)) + "\n"
    read = redcap.read(wide.encode())
    assert redcap.write(read).decode() == wide
    assert read.digest != redcap.read(dictionary_file(SIMPLE)).digest


def test_columns_may_stand_in_any_order():
    keys = tuple(reversed(KEYS))
    assert redcap.read(dictionary_file(SIMPLE, keys=keys)).columns == ("case_id", "sex")


def test_the_digest_does_not_depend_on_the_dialect_the_encoding_or_the_quoting():
    data = dictionary_file(SIMPLE)
    digests = {
        redcap.read(file).digest
        for file in (
            data,
            b"\xef\xbb\xbf" + data,
            dictionary_file(SIMPLE, names=API_NAMES),
            data.replace(b"\n", b"\r\n"),
        )
    }
    assert len(digests) == 1
    assert redcap.read(data, companion=b"[dictionary]\ntitle = 'A'\n").digest not in digests


@pytest.mark.parametrize(("encoding", "label"), [("utf-8", "Größe €"), ("cp1252", "Größe €"), ("latin-1", "Gr\x81ße")])
def test_labels_survive_their_encoding(encoding, label):
    read = redcap.read(dictionary_file([row("case_id", label=label)]).decode().encode(encoding))
    assert read.elements[0].label == label


def test_a_first_column_under_a_foreign_name_is_taken_for_the_name_with_a_warning():
    read = redcap.read(dictionary_file(SIMPLE, names={**WEB_NAMES, "name": "1"}))
    assert [(warning.row, warning.column_letter) for warning in read.warnings] == [(1, "A")]
    assert redcap.write(read).startswith(b"1,Form Name")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no header row"),
        (b",,,\n", "no header row"),
        (b"a\0b", "binary zeros"),
        (b"colour,taste\nred,sweet\n", "missing from the header"),
        (dictionary_file([]), "no element"),
        (dictionary_file([], names={**WEB_NAMES, "note": "Field Label"}), "twice"),
    ],
)
def test_a_file_that_is_no_dictionary_is_refused_in_words(data, words):
    with pytest.raises(DictionaryFaults, match=words):
        redcap.read(data)


def test_a_cell_beyond_the_limit_is_refused_in_words():
    usual = csv.field_size_limit(1000)
    try:
        with pytest.raises(DictionaryFaults, match="cannot be read as CSV"):
            redcap.read(b"a,b\n" + b"x" * 1001 + b"\n")
    finally:
        csv.field_size_limit(usual)


def test_a_missing_column_is_named():
    with pytest.raises(DictionaryFaults) as refused:
        redcap.read(dictionary_file(SIMPLE, keys=("name", "form", "label")))
    assert len(refused.value.faults) == 2
    assert refused.value.faults[0].row == 1


def test_blank_rows_are_passed_over():
    assert len(redcap.read(dictionary_file([*SIMPLE, dict.fromkeys(KEYS, "")]) + b"\n").elements) == 2


@pytest.mark.parametrize(
    ("made", "letter", "words"),
    [
        (row("Age"), "A", "not a name"),
        (row(""), "A", "no name"),
        (row("a__b"), "A", "double underscore"),
        (row("ab_"), "A", "double underscore"),
        (row("a" * 101), "A", "not a name"),
        (row("case_id"), "A", "already used on row 2"),
        (row("a", form=""), "B", "form has no name"),
        (row("a", "colour"), "D", "no field type “colour”"),
        (row("a", ""), "D", "type is blank"),
        (row("a", "radio"), "F", "no choices"),
        (row("a", "radio", choices="1, A | 1, B"), "F", "“1” stands more than once"),
        (row("a", "radio", choices="1, A | , B"), "F", "“, B” has no code"),
        (row("a", "checkbox", choices="A, x | a, y"), "F", "same export column “a___a”"),
        (row("a", "calc"), "F", "needs its calculation"),
        (row("a", "calc", choices="1 +"), "F", "Expected a value"),
        (row("a", validation="shoe_size"), "H", "no validation type “shoe_size”"),
        (row("a", validation="number", minimum="low"), "I", "“low” is not of the type number"),
        (row("a", validation="number", minimum="9", maximum="1"), "I", "9 is above the highest, 1"),
        (row("a", validation="date_ymd", minimum="2024-01-02", maximum="2024-01-01"), "I", "above the highest"),
        (row("a", validation="number", maximum="[b]"), "J", "“b”, which is no element"),
        (row("a", identifier="maybe"), "K", "only y or nothing"),
        (row("a", branching="[b] = "), "L", "Expected a value"),
        (row("a", branching="[b] = '1'"), "L", "“b”, which is no element"),
        (row("a", branching="[visit_1][b][2] = '1'"), "L", "“b”, which is no element"),
        (row("a", required="n"), "M", "only y or nothing"),
        (row("a", alignment="XX"), "N", "no alignment"),
        (row("a", matrix_group="m"), "P", "cannot stand in a matrix"),
        (row("a", matrix_ranking="x"), "Q", "only y or nothing"),
    ],
)
def test_a_fault_is_named_by_row_and_column(made, letter, words):
    number, column, element, message = only_fault(made)
    assert (number, column, element) == (3, letter, made["name"])
    assert words in message


def test_all_faults_of_a_file_come_in_one_pass_in_the_order_of_rows():
    rows = [
        row("Bad"),
        row("a", "radio"),
        row("b", "calc", choices="[nowhere]"),
        row("c", validation="x"),
        row("a", "colour"),
    ]
    data = dictionary_file([row("case_id"), *rows]) + b"too,short\n"
    with pytest.raises(DictionaryFaults) as refused:
        redcap.read(data, companion=b"[roles]\nsurgeon = 'nobody'\n")
    places = [(fault.row, fault.column_letter) for fault in refused.value.faults]
    assert places == [(3, "A"), (4, "F"), (5, "F"), (6, "H"), (7, "D"), (8, ""), (None, "")]
    assert "row 8 (too): The row has 2 cells where the header has 18." in str(refused.value)
    assert refused.value.faults[-1].place == "companion"
    assert Fault(None, "", "", "m").place == "file"


def test_rows_that_could_not_be_read_do_not_make_references_to_them_dangle():
    found = faults(row("a", "colour"), row("b", branching="[a] = '1'"))
    assert [(number, column) for number, column, *_ in found] == [(3, "D")]


def test_a_reference_to_a_choice_that_does_not_exist_dangles():
    box = row("box", "checkbox", choices="1, A")
    assert "no such choice" in only_fault(box, row("a", branching="[box(2)] = '1'"))[3]


def test_forms_must_stand_together_and_matrices_must_agree():
    parts = [row("a", form="one"), row("b", form="two"), row("c", form="one")]
    assert [(number, letter) for number, letter, *_ in faults(*parts)] == [(5, "B")]
    matrix = [row(name, "radio", choices=choices, matrix_group="m") for name, choices in (("a", "1, A"), ("b", "1, B"))]
    assert [(number, letter) for number, letter, *_ in faults(*matrix)] == [(4, "F")]
    torn = [
        row("a", "radio", choices="1, A", matrix_group="m"),
        row("x"),
        row("b", "radio", choices="1, A", matrix_group="m"),
    ]
    assert [(number, letter) for number, letter, *_ in faults(*torn)] == [(5, "P")]


def test_circles_of_calculations_and_of_branching_are_refused():
    circle = [
        row("a", "calc", choices="[c] + 1"),
        row("b", "calc", choices="[a]"),
        row("c", "calc", choices="[b] + [d]"),
        row("d"),
    ]
    number, letter, element, message = only_fault(*circle)
    assert (number, letter, element) == (3, "F", "a")
    assert "a → c → b → a" in message
    shown = [row("a", branching="[b] = '1'"), row("b", branching="[a] = '1'"), row("own", branching="[own] = '1'")]
    found = faults(*shown)
    assert [(number, letter) for number, letter, *_ in found] == [(3, "L"), (5, "L")]
    assert "Branching logics go round in a circle: a → b → a." in found[0][3]


def test_what_is_allowed_but_odd_is_warned_of():
    read = dictionary(
        row("words", "descriptive", label="Read this"),
        row("sex", "radio", choices="1, M | 2, F |", validation="integer"),
        row("a", branching="[words] = '1' and [record-name] = '5' and [sex:label] = 'M' and [sex(1)] = '1'"),
        row("b", minimum="5"),
        row("c", maximum="5"),
        row("q", "sql", choices="select 1"),
    )
    assert [(warning.row, warning.column_letter) for warning in read.warnings] == [
        (4, "H"), (6, "I"), (7, "J"), (8, "D"), (5, "L"), (5, "L"), (5, "L"), (5, "L"),
    ]  # fmt: skip
    assert read.element("q").type is FieldType.SQL


@pytest.mark.parametrize(
    ("kind", "validation", "annotation", "words"),
    [
        ("text", "", "@CALCDATE([on], 30, 'd')", "no date validation"),
        ("radio", "", "@CALCTEXT([on])", "only text fields"),
        ("text", "", "@IF([on] = '', @CALCTEXT('none'), '')", "inside another tag"),
        ("text", "", "@CALCTEXT('a') @CALCTEXT('b')", "two tags"),
    ],
)
def test_a_tag_that_cannot_be_followed_is_kept_and_warned_of(kind, validation, annotation, words):
    choices = "1, One" if kind == "radio" else ""
    read = dictionary(
        row("on", validation="date_ymd"), row("x", kind, validation=validation, annotation=annotation, choices=choices)
    )
    assert [(one.column_letter, one.element) for one in read.warnings] == [("R", "x")]
    assert "kept and not evaluated" in read.warnings[0].message
    assert words in read.warnings[0].message
    assert read.element("x").annotation == annotation
    assert read.element("x").is_entered
    assert read.calculation_order == ()


def test_the_first_element_is_never_calculated():
    read = redcap.read(dictionary_file([row("key", annotation="@CALCTEXT('a')"), row("a")]))
    assert read.element("key").is_entered
    assert "names the case" in read.warnings[0].message


def test_tags_that_calculate_are_read_with_their_faults_in_the_annotation():
    read = dictionary(
        row("on", validation="date_ymd"),
        row("due", validation="date_dmy", annotation="free words @CALCDATE([on], (5) * 6, 'd') @HIDDEN"),
        row("said", annotation="@CALCTEXT(if([due] = '', ')', concat('on (', [due], \")\")))"),
    )
    assert read.calculation_order == ("due", "said")
    assert read.warnings == ()
    assert not read.element("due").is_entered
    assert read.element("due").calculation.elements == ("on",)
    for annotation, words in (
        ("@CALCTEXT(1", "brackets"),
        ("@CALCTEXT()", "brackets"),
        ("@CALCTEXT(1 +)", "near “1 +”"),
        ("@CALCTEXT([none])", "no element"),
        ("@CALCTEXT([x])", "circle"),
    ):
        with pytest.raises(DictionaryFaults) as refused:
            dictionary(row("x", annotation=annotation))
        assert [(one.column_letter, words in one.message) for one in refused.value.faults] == [("R", True)], annotation


def test_what_names_a_case_or_its_hospital_cannot_be_calculated():
    with pytest.raises(DictionaryFaults) as refused:
        dictionary(row("site", annotation="@CALCTEXT('a')"), companion="[roles]\nhospital = 'site'\n")
    assert "not entered" in refused.value.faults[0].message


def test_a_first_element_that_is_no_text_is_warned_of():
    read = redcap.read(dictionary_file([row("a", "yesno")]))
    assert [(warning.row, warning.column_letter) for warning in read.warnings] == [(2, "D")]


def test_elements_say_what_their_cells_say():
    read = dictionary(
        row("box", "checkbox", choices="1, One | -4, Minus four | 9..9, Odd | OTH, Other"),
        row("label_only", "dropdown", choices="Red | Green", validation="autocomplete"),
        row("yes", "yesno", identifier="Y", required="y"),
        row("truth", "truefalse"),
        row("scale", "slider", choices="low | middle | high", validation="number", minimum="0", maximum="100"),
        row("size", "text", validation="float", minimum="0.5", maximum="2"),
        row("comma", "text", validation="number_comma_decimal", minimum="0,5"),
        row("on", "text", validation="date", minimum="2020-01-01", maximum="today"),
        row("at", "text", validation="datetime_seconds_dmy", minimum="2020-01-01", maximum="now"),
        row("clock", "text", validation="time", minimum="08:00"),
        row("later", "text", validation="date_mdy", minimum="[on]"),
        row("words", "textarea"),
        row("picked", "select", choices="1, A"),
        row("scan", "file"),
        row("told", "descriptive"),
        row("total", "calc", choices="[size] + 1"),
        row("na", branching="NA", annotation="@HIDDEN"),
        row("status", branching="[visit_complete] = 2"),
        row("of_tick", branching="[box___1] = '1'"),
    )
    assert read.element("box").columns == ("box___1", "box____4", "box___9__9", "box___oth")
    assert [choice.label for choice in read.element("label_only").choices] == ["Red", "Green"]
    assert (read.element("yes").is_identifier, read.element("yes").is_required) == (True, True)
    assert read.element("truth").label_of("1") == "True"
    assert read.element("truth").label_of("7") == "7"
    assert read.element("scale").slider_labels == "low | middle | high"
    kinds = {
        name: read.element(name).kind
        for name in ("box", "yes", "scale", "size", "comma", "on", "at", "clock", "words", "total", "case_id")
    }
    assert kinds == {
        "box": "tick",
        "yes": "code",
        "scale": "number",
        "size": "number",
        "comma": "comma_number",
        "on": "date",
        "at": "datetime",
        "clock": "time",
        "words": "text",
        "total": "number",
        "case_id": "text",
    }
    assert read.element("words").type is FieldType.NOTES
    assert read.element("picked").type is FieldType.DROPDOWN
    assert read.element("na").branching is None
    assert read.element("told").columns == ()
    assert read.element_of("box____4").name == "box"
    assert read.has_column("scan")
    assert not read.has_column("told")
    assert "visit_complete" in read.system_columns
    assert read.warnings == ()
    with pytest.raises(KeyError):
        read.element("nobody")


def test_sections_are_the_forms_in_order():
    read = dictionary(row("a", form="visit"), row("b", form="follow_up"))
    assert [(section.name, section.title, len(section.elements)) for section in read.sections] == [
        ("visit", "Visit", 2),
        ("follow_up", "Follow up", 1),
    ]


def test_calculations_are_ordered_by_what_they_need():
    read = dictionary(
        row("c", "calc", choices="[b] + [a]"),
        row("b", "calc", choices="[a] * 2"),
        row("a", "calc", choices="[n] + 1"),
        row("n", validation="number"),
    )
    assert read.calculation_order == ("a", "b", "c")


def test_cells_are_written_as_they_were_read():
    awkward = ' "quoted", with\r\nlines and spaces '
    data = dictionary_file([row("case_id", label=awkward, note="=1+1")])
    assert redcap.read(redcap.write(redcap.read(data))).elements[0].cells == redcap.read(data).elements[0].cells
    assert redcap.read(data).elements[0].cells[4] == awkward


@pytest.mark.parametrize(("position", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_spreadsheet_letters(position, letters):
    assert letter_of(position) == letters
