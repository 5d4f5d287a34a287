"""The command: python -m model_code.encryption encrypt|decrypt|rewrap|inspect|record|shred|token.

Exit status: 0 done · 1 refused, nothing was written · 2 the call was wrong · 3 this identity may
not use the key, or not yet · 130 interrupted.
"""

import argparse
import json
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import sealed, tokens
from .contexts import described
from .errors import EncryptionError, KeyRefused
from .keys import FORMS
from .progress import shown
from .records import PREFIX, RecordKey, Records, finder

REFUSED, WRONG_CALL, KEY_REFUSED, INTERRUPTED, TERMINATED = 1, 2, 3, 130, 143


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model_code.encryption",
        description="Encrypt data before they leave your hands. docs/encryption.md tells how.",
        epilog="Exit status: 0 done, 1 refused and nothing written, 2 wrong call, 3 no right to "
        "the key (yet), 130 interrupted.",
        allow_abbrev=False,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, act: Callable[[argparse.Namespace], None], text: str) -> Any:
        added = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.set_defaults(act=act)
        return added

    encrypt = verb("encrypt", _encrypt, "Seal a file for one data set and purpose.")
    encrypt.add_argument("source", type=Path)
    encrypt.add_argument("target", type=Path)
    wrapped_by = encrypt.add_mutually_exclusive_group(required=True)
    wrapped_by.add_argument("--key", help=FORMS)
    wrapped_by.add_argument("--record", metavar="ID", help="a key record, which can be shredded")
    _add_context(encrypt)
    _add_records(encrypt)
    encrypt.add_argument("--force", action="store_true", help="replace an existing target")

    decrypt = verb("decrypt", _decrypt, "Open a sealed file; the context must be the one given.")
    decrypt.add_argument("source", type=Path)
    decrypt.add_argument("target", type=Path)
    decrypt.add_argument("--key", help="refuse a file that another key (or record:ID) wrapped")
    _add_context(decrypt)
    _add_records(decrypt)
    decrypt.add_argument("--force", action="store_true", help="replace an existing target")

    rewrap = verb("rewrap", _rewrap, "Wrap data keys with another key; the data stay as they are.")
    rewrap.add_argument("files", type=Path, nargs="*", help="sealed files")
    rewrap.add_argument("--record", metavar="ID", help="a key record in place of files")
    rewrap.add_argument("--all-records", action="store_true", help="all records not shredded")
    rewrap.add_argument("--key", required=True, help=f"the new key: {FORMS}")
    _add_records(rewrap)

    inspect = verb("inspect", _inspect, "Print what a file's header says, as JSON; needs no key.")
    inspect.add_argument("source", type=Path)

    record = verb("record", _record, "Make a key record for a data subject or a data set.")
    record.add_argument("record", metavar="ID", help="a pseudonym: it is readable in every file")
    record.add_argument("--key", required=True, help=FORMS)
    _add_records(record)

    shred = verb("shred", _shred, "Destroy a key record, and so what was sealed with it.")
    shred.add_argument("record", metavar="ID")
    shred.add_argument("--reason", required=True, help="what stays in the record's place")
    shred.add_argument("--yes", action="store_true", help="there is no way back; required")
    _add_records(shred)

    token = verb("token", _token, "Fernet tokens: a value or token a line, in and out.")
    token.add_argument("what", choices=("new-key", "encrypt", "decrypt", "rotate"))
    token.add_argument("--keys", type=Path, help="file of Fernet keys, the newest first, mode 600")
    return parser


def _add_context(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--purpose", required=True)
    parser.add_argument(
        "--context", metavar="NAME=VALUE", action="append", default=[], type=_pair, help="more"
    )


def _add_records(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", type=Path, metavar="DIRECTORY", help="where key records are")


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not (name and found and value) or name in ("dataset", "purpose"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=VALUE, not dataset or purpose")
    return name, value


def _context(given: argparse.Namespace) -> dict[str, str]:
    names = [name for name, _ in given.context]
    if len(set(names)) < len(names):
        raise EncryptionError("--context names something twice: say it once")
    return {**dict(given.context), "dataset": given.dataset, "purpose": given.purpose}


def _records(given: argparse.Namespace) -> Records:
    if given.records is None:
        raise EncryptionError("say where the key records are: --records DIRECTORY")
    return Records(given.records)


def _encrypt(given: argparse.Namespace) -> None:
    find = finder(given.records)
    key = RecordKey(_records(given), given.record) if given.record else find(given.key)
    with shown(given.source.name) as progress:
        sealed.seal(
            given.source,
            given.target,
            key=key,
            context=_context(given),
            replace=given.force,
            progress=progress,
        )
    print(f"{given.target}: sealed for {described(_context(given))}")


def _decrypt(given: argparse.Namespace) -> None:
    find = finder(given.records)
    if given.key:
        find = sealed.pinned(find, given.key.rstrip("/"), given.source)
    with shown(given.source.name) as progress:
        sealed.unseal(
            given.source,
            given.target,
            find=find,
            context=_context(given),
            replace=given.force,
            progress=progress,
        )
    print(f"{given.target}: opened")


def _rewrap(given: argparse.Namespace) -> None:
    find = finder(given.records)
    key = find(given.key)
    if given.key.startswith(PREFIX):
        raise EncryptionError("--key must be a key of a service, not a record")
    chosen = sum((bool(given.files), bool(given.record), given.all_records))
    if chosen != 1:
        raise EncryptionError("say what to re-wrap: files, --record ID or --all-records")
    for path in given.files:
        if sealed.inspect(path).key.key_id.startswith(PREFIX):
            raise EncryptionError(f"{path} is sealed with a key record: re-wrap that (--record)")
        print(f"{path}: now wrapped by {sealed.rewrap(path, find=find, key=key).key_id}")
    if given.files:
        return
    records = _records(given)
    identifiers = [given.record] if given.record else records.living()
    for identifier in identifiers:
        wrapped = records.rewrap(identifier, find=find, key=key)
        print(f"record {identifier}: now wrapped by {wrapped.key_id}")
    if not identifiers:
        raise EncryptionError(f"no key records in {given.records}")


def _inspect(given: argparse.Namespace) -> None:
    found = sealed.inspect(given.source)
    content = {
        "algorithm": found.algorithm,
        "context": found.context,
        "created": found.created,
        "key": found.key.key_id,
        "wrapping": found.key.algorithm,
        "generation": found.generation,
        "plain_bytes": found.plain_bytes,
        "interrupted_rewrap": found.interrupted,
    }
    print(json.dumps(content, indent=1))


def _record(given: argparse.Namespace) -> None:
    wrapped = _records(given).create(given.record, key=finder(None)(given.key))
    print(f"record {given.record}: wrapped by {wrapped.key_id}")


def _shred(given: argparse.Namespace) -> None:
    records = _records(given)
    if not given.yes:
        raise EncryptionError(
            f"shredding {records.path(given.record)} closes all that was sealed with it, for good: "
            "say --yes"
        )
    key_id = records.shred(given.record, reason=given.reason)
    print(
        f"record {given.record}: shredded; its key was wrapped by {key_id}\n"
        "Copies of the record (backups, versions, snapshots) must be destroyed where they are, and "
        "so must data that were opened with it: decrypted files, prepared tables, trained models."
    )


def _token(given: argparse.Namespace) -> None:
    if given.what == "new-key":
        print(tokens.new_key())
        return
    if given.keys is None:
        raise EncryptionError("say which keys: --keys FILE")
    made = tokens.Tokens(tokens.read_keys(given.keys))
    # All of them first, so that a bad one leaves no half of the output.
    lines = [line.rstrip("\n") for line in sys.stdin]
    if given.what == "encrypt":
        answers = [made.encrypt(line.encode()) for line in lines]
    elif given.what == "decrypt":
        answers = [_text(made.decrypt(line)) for line in lines]
    else:
        answers = [made.rotate(line) for line in lines]
    print("\n".join(answers))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EncryptionError("a value is no text: open it with encryption.tokens") from None


def _terminated(*_: object) -> None:
    sys.exit(TERMINATED)  # an exception, so that unfinished files are removed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status. `arguments` are the process's own by default."""
    # Google's own libraries announce the end of Python versions; nothing here is to do about it.
    warnings.filterwarnings("ignore", "You are using a Python version", FutureWarning)
    given = _parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        given.act(given)
    except EncryptionError as error:
        print(f"error: {error}", file=sys.stderr)
        return KEY_REFUSED if isinstance(error, KeyRefused) else REFUSED
    except OSError as error:
        print(f"error: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0
