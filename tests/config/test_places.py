"""Where the embedded servers keep their things."""

import stat

import pytest

from config.embedded import places
from config.embedded.refusal import Refusal


@pytest.fixture(autouse=True)
def ordinary_user(monkeypatch):
    monkeypatch.setattr(places, "running_as_root", lambda: False)


@pytest.fixture
def as_root(ordinary_user, monkeypatch):
    monkeypatch.setattr(places, "running_as_root", lambda: True)


@pytest.fixture
def unreachable(monkeypatch):
    monkeypatch.setattr(places, "walkable_by_nobody", lambda path: False)


def test_a_folder_keeps_its_identity_and_another_has_another(tmp_path):
    first, again = places.settle(data=tmp_path / "a"), places.settle(data=tmp_path / "a")
    other = places.settle(data=tmp_path / "b")
    assert first.identity == again.identity != other.identity


def test_the_folders_of_secrets_are_for_their_owner_only(tmp_path):
    where = places.settle(data=tmp_path / "data")
    for folder in (where.logs, where.valkey, where.data / "snapshots", where.data / "uploads"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_socket_paths_stay_short_however_deep_the_data_folder_is(tmp_path):
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 6)
    where = places.settle(data=deep)
    assert len(str(where.postgres_sockets / ".s.PGSQL.5432")) < 100
    assert len(str(where.valkey_socket)) < 100


def test_walkable_by_nobody_needs_every_folder_above(tmp_path):
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    assert not places.walkable_by_nobody(inner)


def test_the_database_lives_outside_when_nobody_cannot_reach_the_folder(tmp_path, as_root, unreachable):
    first = places.settle(data=tmp_path / "one", outside=tmp_path / "outside")
    second = places.settle(data=tmp_path / "two", outside=tmp_path / "outside")
    assert first.outside == tmp_path / "outside" / first.identity
    assert first.postgres.parent == first.outside
    assert first.outside != second.outside, "another clone must never inherit the data"
    assert places.settle(data=tmp_path / "one", outside=tmp_path / "outside") == first


def test_the_database_lives_in_the_data_folder_otherwise(tmp_path):
    where = places.settle(data=tmp_path / "data")
    assert where.outside is None
    assert where.postgres == where.data / "postgres"


def test_a_database_that_nobody_can_no_longer_reach_is_refused(tmp_path, as_root, unreachable):
    (tmp_path / "data" / "postgres").mkdir(parents=True)
    with pytest.raises(Refusal, match="can no longer be reached"):
        places.settle(data=tmp_path / "data", outside=tmp_path / "outside")


def test_a_data_folder_that_is_a_file_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(Refusal, match="DATA_DIR"):
        places.settle(data=tmp_path / "data")


def test_remove_leaves_nothing_but_the_lock(tmp_path, as_root, unreachable):
    where = places.settle(data=tmp_path / "data", outside=tmp_path / "outside")
    places.fresh_sockets(where)
    where.lock.write_text("1")
    (where.data / "snapshots" / "x.parquet").write_text("x")
    where.outside.joinpath("postgres").mkdir()
    places.remove(where)
    assert list(where.data.iterdir()) == [where.lock]
    assert not where.outside.exists()
    assert not where.sockets.exists()


def test_socket_folders_are_made_anew(tmp_path):
    where = places.settle(data=tmp_path / "data")
    places.fresh_sockets(where)
    (where.postgres_sockets / "stale").write_text("")
    places.fresh_sockets(where)
    assert list(where.postgres_sockets.iterdir()) == []
    places.remove_sockets(where)
    assert not where.sockets.exists()
