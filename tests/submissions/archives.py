"""Archives for tests: of every shape, and of no shape that an honest program would make."""
import io
import subprocess
import tarfile
import zipfile

SOURCE = b"int main(void) { return 0; }\n"


def make_zip(path, entries, **more):
    """entries: [(name, bytes or None for a folder)]. Returns the path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 1, 12, 0, 0)), b"" if data is None else data,
                             zipfile.ZIP_DEFLATED)
    return path


def zip_bytes(entries):
    whole = io.BytesIO()
    make_zip(whole, entries)
    return whole.getvalue()


def tar_entry(name, data=SOURCE, **fields):
    """A member of a tar, and its data; fields are those of TarInfo."""
    entry = tarfile.TarInfo(name)
    entry.mtime = 1772366400
    for field, value in fields.items():
        setattr(entry, field, value)
    if entry.isreg() and "size" not in fields:
        entry.size = len(data)
    return entry, data


def make_tar(path, entries, mode="w"):
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT, encoding="utf-8", errors="surrogateescape") as archive:
        for entry, data in entries:
            archive.addfile(entry, io.BytesIO(data) if entry.isreg() else None)
    return path


def empty_files(names):
    """A tar of empty files, as bytes: for so many that tarfile would take long."""
    empty = bytearray(tarfile.TarInfo("").tobuf(tarfile.USTAR_FORMAT))
    empty[148:156] = b" " * 8  # the checksum counts as blanks
    rest = sum(empty)
    for name in names:
        header = bytearray(empty)
        header[:len(name)] = name.encode()
        header[148:156] = b"%06o\0 " % (rest + sum(name.encode()))
        yield bytes(header)


def by_bsdtar(path, folder, *options):
    subprocess.run(["bsdtar", "-c", "-f", path, *options, "-C", folder, "."], check=True)
    return path


def raw_name(data, placeholder, name):
    """Puts another name of the same length into an archive: one that a library would not write."""
    assert len(placeholder) == len(name) and placeholder in data
    return data.replace(placeholder, name)
