"""Every real REDCap dictionary at hand imports and comes out again cell for cell."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from registry.dictionary import redcap
from registry.dictionary.faults import DictionaryFaults

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "redcap"
NAMES = (
    "genomics_thailand_registry_97f.csv",
    "interpolar_mii_290f_3.6MB.csv",
    "iu_longitudinal_45f_api_headers.csv",
    *(
        f"redcapr/{name}/dictionary.csv"
        for name in (
            "checkboxes-1",
            "clinical-trial-1",
            "dag",
            "decimal-comma-and-dot",
            "longitudinal",
            "potentially-problematic-dictionary",
            "potentially-problematic-values",
            "repeating-instruments",
            "simple",
            "survey",
            "validation-types-1",
            "vignette-repeating",
        )
    ),
)


def _bytes(name: str) -> bytes:
    if not FOLDER.exists():
        pytest.skip("The folder of real dictionaries is not on this machine.")
    return (FOLDER / name).read_bytes()


def _wide() -> bytes:
    with zipfile.ZipFile(io.BytesIO(_bytes("redcapr/super-wide-metadata-dictionary.zip"))) as archive:
        return archive.read(archive.namelist()[0])


def _cells(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", NAMES)
def test_a_real_dictionary_comes_out_cell_for_cell(name):
    data = _bytes(name)
    dictionary = redcap.read(data)
    assert _cells(redcap.write(dictionary)) == _cells(data)
    assert redcap.read(redcap.write(dictionary)).digest == dictionary.digest


def test_a_very_wide_dictionary_in_windows_1252_comes_out_cell_for_cell():
    data = _wide()
    dictionary = redcap.read(data)
    assert len(dictionary.elements) == 5751
    assert _cells(redcap.write(dictionary)) == _cells(data)


def test_a_cell_of_7481_choices_is_read_whole():
    dictionary = redcap.read(_bytes("interpolar_mii_290f_3.6MB.csv"))
    assert max(len(element.choices) for element in dictionary.elements) == 7481


def test_queries_of_sql_fields_are_kept_as_text_with_a_warning_and_never_run():
    dictionary = redcap.read(_bytes("interpolar_mii_290f_3.6MB.csv"))
    warned = [warning.element for warning in dictionary.warnings if "sql" in warning.message]
    assert warned == ["fall_meda_id", "mrp_meda_id", "ret_mrp_zuordnung1", "ret_mrp_zuordnung2"]
    assert dictionary.element("fall_meda_id").columns == ("fall_meda_id",)


def test_a_row_with_broken_quoting_is_refused_by_its_row_alone():
    with pytest.raises(DictionaryFaults) as refused:
        redcap.read(_bytes("rarelink_cdm_v2_0_5.csv"))
    assert [(fault.row, fault.element) for fault in refused.value.faults] == [(83, "snomedct_122869004_descr")]
    assert "19 cells" in refused.value.faults[0].message


def test_the_same_file_with_its_quoting_mended_is_read():
    rows = _cells(_bytes("rarelink_cdm_v2_0_5.csv"))
    broken = rows[82]
    rows[82] = [*broken[:4], broken[4] + "," + broken[5].rstrip('"'), *broken[6:]]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    dictionary = redcap.read(out.getvalue().encode())
    assert len(dictionary.elements) == 108
    assert _cells(redcap.write(dictionary)) == rows
    assert dictionary.element("snomedct_122869004_descr").branching.text == "[measurement_category] = 'procedure'"


def test_the_rows_of_real_exports_have_no_unknown_columns():
    dictionary = redcap.read(_bytes("redcapr/simple/dictionary.csv"))
    header = _cells(_bytes("redcapr/simple/data.csv"))[0]
    assert [
        column for column in header if not dictionary.has_column(column) and column not in dictionary.system_columns
    ] == []
