"""Templates as a ZIP of template files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from bot.errors import RefusedFile
from bot.knowledge import exchange
from bot.knowledge.archive import MOST_FILES, read_archive, write_archive
from bot.knowledge.content import Content
from bot.knowledge.files import write_templates
from tests.knowledge.test_sheet import ALL


def packed(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def faults_of(path: Path) -> list[str]:
    with pytest.raises(RefusedFile) as refused:
        read_archive(path)
    return [fault.removeprefix(str(path)) for fault in refused.value.faults]


def test_what_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", ALL)
    assert read_archive(tmp_path / "a.zip") == ALL


def test_what_an_office_packed_as_a_folder_is_read_too(tmp_path: Path) -> None:
    files = write_templates(tmp_path / "pengetahuan", ALL)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in files:
            archive.write(file, file.relative_to(tmp_path))
        archive.writestr("__MACOSX/pengetahuan/id/._akun.yml", b"\x00\x05")
        archive.writestr("pengetahuan/catatan.txt", "x")
    assert read_archive(tmp_path / "a.zip") == ALL


def test_a_fault_names_the_file_in_the_archive_and_its_line(tmp_path: Path) -> None:
    text = "category: akun\ntitle: Akun\ntemplates:\n  - id: Salah!\n    title: x\n"
    faults = faults_of(packed(tmp_path / "a.zip", **{"id/akun.yml": text}))
    assert "/id/akun.yml:4: id must be of a-z, 0-9 and single - _ ." in faults
    assert all(fault.startswith("/id/akun.yml:") for fault in faults)


def test_places_of_what_was_read_are_those_of_the_archive(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", ALL)
    template = Content.of(read_archive(tmp_path / "a.zip").templates[0])
    assert template.places["id"].startswith(f"{tmp_path}/a.zip/id/akun.yml:")


@pytest.mark.parametrize("name", ["../id/akun.yml", "/id/akun.yml", "id/../../akun.yml", "akun.txt"])
def test_nothing_is_unpacked_to_where_it_does_not_belong(tmp_path: Path, name: str) -> None:
    assert faults_of(packed(tmp_path / "a.zip", **{name: "category: akun\n"})) == [":1: there are no templates here"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_what_is_no_archive_or_too_large_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "a.zip"
    broken.write_bytes(b"PK\x03\x04 nothing")
    assert faults_of(broken) == [":1: is no ZIP file, or is damaged or encrypted"]
    bomb = packed(tmp_path / "b.zip", **{f"id/c{at}.yml": "x" for at in range(MOST_FILES + 1)})
    assert faults_of(bomb) == [":1: is larger than 20 MB when unpacked"]
    assert faults_of(tmp_path / "c.zip")[0].startswith(":1: cannot be read")


def test_every_form_goes_out_and_in_without_loss(tmp_path: Path) -> None:
    for name in ("folder", "a.zip", "a.csv", "A.XLSX"):
        exchange.write(tmp_path / name, ALL)
        assert exchange.read(tmp_path / name) == ALL
